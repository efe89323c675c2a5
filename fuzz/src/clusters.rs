//! From bytes to a cluster: first how many of its values are replaced by odd ones, and which, then one byte for each
//! choice of [`meshgen_oracle::random`].

use meshgen::{
    reach::{Answer, Judge, Party, Protocol as Spoken},
    verdict::World,
    yaml::Sources,
};
use meshgen_oracle::{
    manifests,
    naive::{Cluster, Flow, Peer, Protocol, Verdict},
    random::{self, Choices, Kinds, PORTS},
};
use serde_json::{Value, json};

/// Manifests of a cluster.
pub struct Made {
    /// Its objects.
    pub objects: Vec<Value>,
    /// Whether nothing in it is odd, so that the naive judge can be asked as well.
    pub plain: bool,
}

/// What bytes make.
pub fn made(bytes: &[u8]) -> Option<Made> {
    let [kinds, odd, rest @ ..] = bytes else { return None };
    let odd = usize::from(odd % 4);
    let (changes, choices) = rest.split_at_checked(3 * odd)?;
    let kinds =
        [Kinds::Kubernetes, Kinds::Admin, Kinds::Cluster, Kinds::Calico, Kinds::All][usize::from(kinds % 5)];
    let choices = Choices::new(choices.iter().map(|byte| u32::from(*byte)).collect());
    let mut objects = random::cluster(&mut { choices }, kinds);
    for change in changes.chunks_exact(3) {
        let mut at = usize::from(u16::from_be_bytes([change[0], change[1]]));
        let mut all = Value::Array(std::mem::take(&mut objects));
        at %= count(&all);
        replace(&mut all, &mut at, &odd_values()[usize::from(change[2]) % odd_values().len()]);
        objects = match all {
            Value::Array(objects) => objects,
            other => vec![other],
        };
    }
    Some(Made { objects, plain: odd == 0 })
}

impl Made {
    /// As a file.
    pub fn sources(&self) -> Sources {
        let file = manifests::file("made.json", &self.objects);
        let mut sources = Sources::default();
        sources.add(file.name, file.text);
        sources
    }

    /// Panics if the naive judge says otherwise of a connection. Of those of two ends one in five is asked about, each
    /// time others.
    pub fn agrees(&self) {
        let naive = Cluster::read(&self.objects);
        let world = World::read(self.sources());
        let judge = Judge::new(&world.manifests);
        let number = |pod: &meshgen_oracle::naive::Pod| {
            world
                .manifests
                .cluster
                .pods
                .iter()
                .position(|p| p.namespace == pod.namespace && p.name == pod.name)
        };
        let pods = naive.pods.iter().filter_map(|pod| Some((Peer::Pod(pod), Party::Pod(number(pod)?))));
        let outside =
            random::outside().into_iter().map(|address| (Peer::Address(address), Party::Address(address)));
        let ends: Vec<(Peer<'_>, Party)> = pods.chain(outside).collect();
        let flows: Vec<(Protocol, u16)> =
            Protocol::ALL.into_iter().flat_map(|p| PORTS.map(|n| (p, n))).collect();
        let mut asked = 0;
        for (source, from) in &ends {
            for (destination, to) in &ends {
                if from == to || matches!((from, to), (Party::Address(_), Party::Address(_))) {
                    continue;
                }
                asked = (asked + 1) % 5;
                for (protocol, port) in flows.iter().copied().skip(asked).step_by(5) {
                    let expected =
                        naive.verdict(&Flow { source: *source, destination: *destination, protocol, port });
                    let Some(spoken) = Spoken::parse(protocol.name()) else { continue };
                    let said = match judge.probe(from, to, spoken, port).answer {
                        Answer::Allowed => Verdict::Allowed,
                        Answer::Denied => Verdict::Denied,
                        Answer::Unknown => Verdict::Undefined,
                    };
                    assert_eq!(expected, said, "{from:?} => {to:?} {} {port}", protocol.name());
                }
            }
        }
    }
}

/// Values that nobody expects where they will stand.
fn odd_values() -> [Value; 26] {
    [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(65536),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("80"),
        json!("80:79"),
        json!("0:65535"),
        json!("http"),
        json!([]),
        json!({}),
        json!([{}]),
        json!({"a": {"b": []}}),
        json!("0.0.0.0/0"),
        json!("1.2.3.4/33"),
        json!("10.0.0.1"),
        json!("::ffff:1.2.3.4/128"),
        json!("01.2.3.4/8"),
        json!("has(app) && global()"),
        json!("a"),
        json!("Deny"),
        json!({"matchExpressions": [{"key": "app", "operator": "In", "values": []}]}),
        json!({"port": "http", "endPort": 80}),
    ]
}

/// How many values a value holds, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts `new` in place of the value of this number, counted from the top.
fn replace(value: &mut Value, at: &mut usize, new: &Value) {
    if *at == 0 {
        new.clone_into(value);
    }
    let Some(rest) = at.checked_sub(1) else {
        *at = usize::MAX;
        return;
    };
    *at = rest;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, new)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, new)),
        _ => {}
    }
}
