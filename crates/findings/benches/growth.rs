//! How the time of the findings grows with a cluster, all of them and each by itself.

use divan::{Bencher, black_box};
use meshgen_bench::Cluster;
use meshgen_findings::{RULES, Seen, lint};
use meshgen_verdict::World;
use meshgen_yaml::Sources;

fn main() {
    divan::main();
}

fn world(size: Cluster) -> World {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", size.manifests());
    World::read(sources)
}

#[divan::bench(args = [Cluster::meshed(125, 10, 5, 4), Cluster::meshed(250, 10, 5, 4), Cluster::meshed(500, 10, 5, 4), Cluster::meshed(1000, 10, 5, 4)], sample_count = 1)]
fn over_namespaces(bencher: Bencher<'_, '_>, size: Cluster) {
    let world = world(size);
    bencher.bench(|| black_box(lint(&world).len()));
}

#[divan::bench(args = [Cluster::meshed(125, 10, 5, 4), Cluster::meshed(125, 20, 5, 4), Cluster::meshed(125, 40, 5, 4)], sample_count = 1)]
fn over_workloads(bencher: Bencher<'_, '_>, size: Cluster) {
    let world = world(size);
    bencher.bench(|| black_box(lint(&world).len()));
}

#[divan::bench(args = codes(), sample_count = 1)]
fn each_rule(bencher: Bencher<'_, '_>, code: &str) {
    let world = world(Cluster::meshed(250, 10, 5, 4));
    let finds = RULES.iter().filter(|(rule, _)| rule.code == code).map(|(_, find)| find);
    let all = |seen: &mut Seen<'_>| black_box(finds.clone().map(|find| find(seen).len()).sum::<usize>());
    bencher.with_inputs(|| Seen::new(&world)).bench_local_refs(all);
}

fn codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(rule, _)| rule.code)
}
