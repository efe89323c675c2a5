//! The fast judge and the naive one agree about random clusters.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up should fail")]

use std::collections::BTreeMap;

use meshgen_oracle::{
    manifests,
    naive::{Cluster, Flow, Peer, Protocol, Verdict},
    random::{self, Choices, Kinds, PORTS},
};
use meshgen_reach::{Answer, Judge, ListEnd, Manifests, Party, Permitted, Protocol as Spoken};
use proptest::prelude::*;
use serde_json::Value;

fn spoken(protocol: Protocol) -> Spoken {
    Spoken::parse(protocol.name()).unwrap()
}

/// What the fast judge says of every pair, by the titles that both judges give.
fn listed(judge: &Judge<'_>, manifests: &Manifests) -> BTreeMap<(String, String), Permitted> {
    let titles = |end: ListEnd| match end {
        ListEnd::Workload(n) => vec![manifests.cluster.workloads[n as usize].to_string()],
        ListEnd::Outside(range) => {
            let inside = |a: &std::net::IpAddr| range.first <= *a && *a <= range.last;
            random::outside().into_iter().filter(inside).map(|a| a.to_string()).collect()
        }
    };
    let mut all = BTreeMap::new();
    for pair in judge.list().pairs() {
        for from in titles(pair.from) {
            for to in titles(pair.to) {
                all.insert((from.clone(), to), pair.permitted.clone());
            }
        }
    }
    all
}

/// Every connection of a cluster, asked of both judges; how many were compared, and those about which they differ.
fn differences(all: &[Value]) -> (usize, Vec<String>) {
    let naive = Cluster::read(all);
    let read = Manifests::read(manifests::sources(all));
    let judge = Judge::new(&read);
    let listed = listed(&judge, &read);
    let pods = naive.pods.iter().map(|p| {
        let is = |q: &meshgen_reach::Pod| q.namespace == p.namespace && q.name == p.name;
        let number = read.cluster.pods.iter().position(is).unwrap();
        (p.display(), Peer::Pod(p), Party::Pod(number))
    });
    let outside = random::outside();
    let outside = outside.iter().map(|a| (a.to_string(), Peer::Address(*a), Party::Address(*a)));
    let ends: Vec<(String, Peer<'_>, Party)> = pods.chain(outside).collect();
    let (mut compared, mut found) = (0, Vec::new());
    for (from, source, party) in &ends {
        for (to, destination, other) in &ends {
            let outside = matches!((source, destination), (Peer::Address(_), Peer::Address(_)));
            if from == to || outside {
                continue;
            }
            for (protocol, port) in Protocol::ALL.into_iter().flat_map(|p| PORTS.map(|n| (p, n))) {
                let flow = Flow { source: *source, destination: *destination, protocol, port };
                let expected = naive.verdict(&flow);
                let answer = judge.answer(party, other, spoken(protocol), port);
                let told = judge.probe(party, other, spoken(protocol), port).answer;
                assert_eq!(answer, told, "{from} {to} {port}");
                let probed = match told {
                    Answer::Allowed => Verdict::Allowed,
                    Answer::Denied => Verdict::Denied,
                    Answer::Unknown => Verdict::Undefined,
                };
                let in_list = listed.get(&(from.clone(), to.clone())).cloned().unwrap_or_default();
                let in_list = match (
                    in_list.sure.contains(spoken(protocol), port),
                    in_list.possible.contains(spoken(protocol), port),
                ) {
                    (true, _) => Verdict::Allowed,
                    (false, true) => Verdict::Undefined,
                    (false, false) => Verdict::Denied,
                };
                compared += 1;
                if expected != probed || expected != in_list {
                    found.push(format!(
                        "{from} => {to} {} {port}: naive {expected:?}, probe {probed:?}, list {in_list:?}",
                        protocol.name()
                    ));
                }
            }
        }
    }
    (compared, found)
}

fn agree(numbers: Vec<u32>, kinds: Kinds) -> Result<(), TestCaseError> {
    let all = random::cluster(&mut Choices::new(numbers), kinds);
    let (_, found) = differences(&all);
    let shown = serde_json::to_string_pretty(&all).unwrap();
    prop_assert!(found.is_empty(), "{shown}\n{}", found.join("\n"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn about_network_policies(n in proptest::collection::vec(any::<u32>(), 0..400)) {
        agree(n, Kinds::Kubernetes)?;
    }

    #[test]
    fn about_admin_policies(n in proptest::collection::vec(any::<u32>(), 0..400)) {
        agree(n, Kinds::Cluster)?;
    }

    #[test]
    fn about_calico(n in proptest::collection::vec(any::<u32>(), 0..400)) {
        agree(n, Kinds::Calico)?;
    }

    #[test]
    fn about_all_kinds_together(n in proptest::collection::vec(any::<u32>(), 0..400)) {
        agree(n, Kinds::All)?;
    }
}

/// Thousands of clusters: `cargo test --release -p meshgen-oracle --test agree -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn about_thousands() {
    let (mut compared, mut differing) = (0, 0);
    for seed in 0..2000 {
        for kinds in [Kinds::Kubernetes, Kinds::Cluster, Kinds::Calico, Kinds::All] {
            let (n, found) = differences(&random::cluster(&mut Choices::seeded(seed), kinds));
            compared += n;
            differing += found.len();
            for line in found.iter().take(3) {
                println!("seed {seed}, {kinds:?}: {line}");
            }
        }
    }
    println!("8000 clusters, {compared} connections compared, {differing} differ");
    assert_eq!(differing, 0);
}
