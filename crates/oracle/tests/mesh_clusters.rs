//! Random clusters with a mesh are what a real Istio can be asked about.

use std::collections::BTreeMap;

use meshgen_oracle::{
    arbiter, manifests,
    random::{
        Choices,
        mesh::{self, Size},
    },
};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

const SEEDS: std::ops::Range<u64> = 0..30;

fn cluster(seed: u64) -> Vec<serde_json::Value> {
    mesh::cluster(&mut Choices::seeded(seed), Size::LARGE)
}

/// What the box installs: without it nobody knows which revisions inject.
const ISTIO: &str = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: minimal}\n";

fn world(seed: u64) -> World {
    let file = manifests::file("random.json", &cluster(seed));
    let mut sources = Sources::default();
    sources.add("istio.yaml", ISTIO);
    sources.add(file.name, file.text);
    World::read(sources)
}

#[test]
fn a_seed_is_a_cluster() {
    assert_eq!(cluster(7), cluster(7));
    assert_ne!(cluster(7), cluster(8));
}

/// Packets to a Service with more pods go to any of them, so what is seen would be a matter of luck.
#[test]
fn a_service_leads_to_one_pod() {
    for seed in SEEDS {
        let world = world(seed);
        for service in &world.mesh.services {
            let pods = service.ports.iter().map(|p| world.mesh.behind(service, p.number).len());
            assert!(pods.max().unwrap() <= 1, "seed {seed}: {}", service.meta.name);
        }
    }
}

/// A port that one Service calls TCP and another one HTTP has an application that does not understand one of them.
#[test]
fn a_port_of_a_pod_speaks_one_protocol() {
    for seed in SEEDS {
        let world = world(seed);
        let mut spoken = BTreeMap::new();
        for service in &world.mesh.services {
            for port in &service.ports {
                for target in world.mesh.behind(service, port.number) {
                    let said = arbiter::Spoken::of(port);
                    assert_eq!(
                        *spoken.entry(target).or_insert(said),
                        said,
                        "seed {seed}: {}",
                        service.meta.name
                    );
                }
            }
        }
    }
}

#[test]
fn everything_is_understood_and_every_answer_occurs() {
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for seed in SEEDS {
        let world = world(seed);
        assert!(world.problems().is_empty(), "seed {seed}: {:?}", world.problems());
        let judges = Judges::new(&world);
        for one in arbiter::tries(&judges) {
            all += 1;
            let expected = arbiter::expected(&judges, &one);
            *words.entry(expected.words.first().copied().unwrap_or("unknown")).or_default() += 1;
        }
    }
    let unknown = words.remove("unknown").unwrap_or_default();
    // Some ask for a revision of which an IstioOperator does not say that there is none.
    assert!(unknown * 10 < all, "{unknown} of {all} are not known");
    assert_eq!(words.keys().copied().collect::<Vec<_>>(), ["DENIED", "OPEN", "REFUSED", "TIMEOUT"]);
    assert!(words.values().all(|n| n * 20 > all), "{words:?} of {all}");
}
