//! A comparison misses nothing that became possible: neither for pods that are there, nor for any that may come.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail")]

use meshgen_oracle::{
    manifests,
    naive::{Cluster, Flow, Peer, Protocol, Verdict},
    random::{self, Choices, Kinds, PORTS},
};
use meshgen_reach::{Comparison, Judge, Manifests, PortSet, Protocol as Spoken};
use proptest::prelude::*;
use serde_json::Value;

const KINDS: [Kinds; 4] = [Kinds::Kubernetes, Kinds::Cluster, Kinds::Calico, Kinds::All];

/// Whether ports of which only a name is known are among these.
fn by_name(ports: &PortSet) -> bool {
    Spoken::ALL.into_iter().any(|protocol| ports.names(protocol).next().is_some())
}

/// Two versions of a cluster, and pods that are in neither.
struct Case {
    versions: [Vec<Value>; 2],
    newcomers: Vec<Value>,
}

impl Case {
    fn new(c: &mut Choices, kinds: Kinds) -> Case {
        let cluster = random::cluster(c, kinds);
        Case { versions: random::versions(c, &cluster), newcomers: random::newcomers(c, kinds) }
    }

    fn comparison(&self) -> Comparison {
        let [old, new] = self.versions.each_ref().map(|all| Manifests::read(manifests::sources(all)));
        Judge::new(&old).compare(&Judge::new(&new))
    }

    /// How many connections became possible, by the naive judge, and those of which the comparison says nothing.
    fn missed(&self) -> (usize, Vec<String>) {
        let comparison = self.comparison();
        let worlds = self.versions.each_ref().map(|all| {
            let all: Vec<Value> = all.iter().chain(&self.newcomers).cloned().collect();
            Cluster::read(&all)
        });
        let [old, new] = &worlds;
        let outside = random::outside();
        let ends = |world: usize| {
            let pods = worlds.get(world).into_iter().flat_map(|w| &w.pods);
            let pods = pods.map(|p| (p.display(), Peer::Pod(p)));
            pods.chain(outside.iter().map(|a| (a.to_string(), Peer::Address(*a)))).collect::<Vec<_>>()
        };
        let ends: Vec<_> = ends(0).into_iter().zip(ends(1)).collect();
        let (mut gained, mut missed) = (0, Vec::new());
        for (from, to) in ends.iter().flat_map(|from| ends.iter().map(move |to| (from, to))) {
            let both = matches!((from.0.1, to.0.1), (Peer::Address(_), Peer::Address(_)));
            if both || from.0.0 == to.0.0 {
                continue;
            }
            for (protocol, port) in Protocol::ALL.into_iter().flat_map(|p| PORTS.map(|n| (p, n))) {
                let flow = |source, destination| Flow { source, destination, protocol, port };
                let before = old.verdict(&flow(from.0.1, to.0.1));
                let after = new.verdict(&flow(from.1.1, to.1.1));
                if (before, after) != (Verdict::Denied, Verdict::Allowed) {
                    continue;
                }
                gained += 1;
                // A rule that goes by the name of a port is told with the numbers that it has for pods that are there.
                let spoken = Spoken::parse(protocol.name()).unwrap();
                let named = matches!(to.1.1, Peer::Pod(pod) if pod.ports.iter().any(|p| p.number == port));
                let says = comparison
                    .widened
                    .iter()
                    .any(|change| named || change.ports.contains(spoken, port) || by_name(&change.ports));
                if !says {
                    missed.push(format!("{} => {} {} {port}", from.0.0, to.0.0, protocol.name()));
                }
            }
        }
        (gained, missed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_widening_is_missed(n in proptest::collection::vec(any::<u32>(), 0..600), kinds in 0_usize..4) {
        let kinds = KINDS.get(kinds).copied().unwrap();
        let case = Case::new(&mut Choices::new(n), kinds);
        let (_, missed) = case.missed();
        let shown = |all: &[Value]| all.iter().map(|o| format!("{o}\n")).collect::<String>();
        prop_assert!(
            missed.is_empty(),
            "{}old:\n{}new:\n{}{}",
            shown(&case.newcomers),
            shown(&case.versions[0]),
            shown(&case.versions[1]),
            missed.join("\n")
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where to begin, and which one to look at, is up to who runs it"
)]
fn number(key: &str) -> Option<u64> {
    std::env::var(key).ok().and_then(|s| s.parse().ok())
}

/// Thousands of clusters: `SEED=1 CASES=4000 cargo test --release -p meshgen-oracle --test gate thousands -- --ignored
/// --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn thousands() {
    let (first, many) = (number("SEED").unwrap_or(0), number("CASES").unwrap_or(1000));
    let (mut gained, mut missed) = (0, 0);
    for seed in first..first + many {
        for kinds in KINDS {
            let (n, found) = Case::new(&mut Choices::seeded(seed), kinds).missed();
            gained += n;
            missed += found.len();
            for line in found.iter().take(2) {
                println!("seed {seed}, {kinds:?}: {line}");
            }
        }
    }
    let pairs = many * KINDS.len() as u64;
    println!(
        "{pairs} pairs of clusters from seed {first}, {gained} connections became possible, {missed} missed"
    );
    assert_eq!(missed, 0);
}

/// One pair of clusters, told: `SEED=7 KIND=0 cargo test -p meshgen-oracle --test gate one -- --ignored --nocapture`.
#[test]
#[ignore = "for looking at one"]
fn one() {
    let case = Case::new(
        &mut Choices::seeded(number("SEED").unwrap_or(0)),
        KINDS.get(usize::try_from(number("KIND").unwrap_or(0)).unwrap()).copied().unwrap(),
    );
    for (title, all) in
        [("newcomers", &case.newcomers), ("old", &case.versions[0]), ("new", &case.versions[1])]
    {
        println!("{title}:");
        for object in all {
            println!("{object}");
        }
    }
    println!("{}", serde_json::to_string_pretty(&case.comparison()).unwrap());
    println!("{}", case.missed().1.join("\n"));
}
