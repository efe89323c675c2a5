//! How the time of both judges together grows: over namespaces, over workloads, and over Istio's policies, each by itself.

use divan::{Bencher, black_box};
use meshgen_bench::Cluster;
use meshgen_reach::Focus;
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

fn main() {
    divan::main();
}

fn sources(size: Cluster) -> Sources {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", size.manifests());
    sources
}

/// The goal of the judge of network policies, with a mesh above it: from text to the list.
#[divan::bench(args = [Cluster::meshed(100, 10, 5, 2), Cluster::meshed(1000, 10, 5, 2)], sample_count = 3)]
fn from_text_to_the_list(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(|sources| {
        let world = World::read(sources);
        black_box(Judges::new(&world).report(&Focus::default()).text().len())
    });
}

#[divan::bench(args = [Cluster::meshed(125, 10, 5, 2), Cluster::meshed(250, 10, 5, 2), Cluster::meshed(500, 10, 5, 2), Cluster::meshed(1000, 10, 5, 2)], sample_count = 3)]
fn reading_over_namespaces(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

#[divan::bench(args = [Cluster::meshed(250, 10, 5, 2), Cluster::meshed(250, 20, 5, 2), Cluster::meshed(250, 40, 5, 2)], sample_count = 3)]
fn reading_over_workloads(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

#[divan::bench(args = [Cluster::meshed(250, 10, 5, 2), Cluster::meshed(250, 10, 5, 4), Cluster::meshed(250, 10, 5, 8), Cluster::meshed(250, 10, 5, 16)], sample_count = 3)]
fn reading_over_istio_s_policies(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

/// From the world to one verdict: what `explain` needs of both judges.
#[divan::bench(args = [Cluster::meshed(125, 10, 5, 2), Cluster::meshed(1000, 10, 5, 2), Cluster::meshed(1000, 10, 5, 4)], sample_count = 10)]
fn one_explanation(bencher: Bencher<'_, '_>, size: Cluster) {
    let world = World::read(sources(size));
    bencher.bench(|| {
        let judges = Judges::new(&world);
        let from = judges.network.source("n8/w1").unwrap_or_default();
        let to = judges.network.source("n18/w3").unwrap_or_default();
        let pairs = from.iter().zip(&to);
        black_box(pairs.filter_map(|(from, to)| judges.verdict(from, to, 8080, None)).count())
    });
}

/// A thousand claims of one port each, as `verify` asks them.
#[divan::bench(args = [Cluster::meshed(125, 10, 5, 2), Cluster::meshed(1000, 10, 5, 2)], sample_count = 3)]
fn a_thousand_verdicts(bencher: Bencher<'_, '_>, size: Cluster) {
    let world = World::read(sources(size));
    let judges = Judges::new(&world);
    let pods = world.manifests.cluster.pods.len();
    bencher.bench(|| {
        let ends = (0..1000).map(|n| (n * 7919 % pods, n * 104_729 % pods));
        let verdicts = ends.filter_map(|(from, to)| {
            let (from, to) = (meshgen_reach::Party::Pod(from), meshgen_reach::Party::Pod(to));
            judges.verdict(&from, &to, 8080, None)
        });
        black_box(verdicts.count())
    });
}
