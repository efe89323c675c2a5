//! How the judge's time grows: over namespaces, over workloads, and over policies, each by itself.

use std::fmt::Write;

use divan::{Bencher, black_box};
use meshgen_bench::Cluster;
use meshgen_reach::{Focus, Judge, Manifests, PortSet};
use meshgen_yaml::Sources;

fn main() {
    divan::main();
}

fn sources(size: Cluster) -> Sources {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", size.manifests());
    sources
}

/// The goal: 1,000 namespaces of 10 workloads with 5,000 policies, from text to the list, in two seconds.
#[divan::bench(args = [Cluster::plain(100, 10, 5), Cluster::plain(1000, 10, 5)], sample_count = 5)]
fn from_text_to_the_list(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(|sources| {
        let manifests = Manifests::read(sources);
        black_box(Judge::new(&manifests).list().lines.len())
    });
}

#[divan::bench(args = [Cluster::plain(1000, 10, 5)], sample_count = 5)]
fn reading(bencher: Bencher<'_, '_>, size: Cluster) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(Manifests::read);
}

#[divan::bench(args = [Cluster::plain(125, 10, 5), Cluster::plain(250, 10, 5), Cluster::plain(500, 10, 5), Cluster::plain(1000, 10, 5)], sample_count = 5)]
fn over_namespaces(bencher: Bencher<'_, '_>, size: Cluster) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Cluster::plain(250, 10, 5), Cluster::plain(250, 20, 5), Cluster::plain(250, 40, 5), Cluster::plain(250, 80, 5)], sample_count = 5)]
fn over_workloads(bencher: Bencher<'_, '_>, size: Cluster) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Cluster::plain(250, 10, 5), Cluster::plain(250, 10, 10), Cluster::plain(250, 10, 20), Cluster::plain(250, 10, 40)], sample_count = 5)]
fn over_policies(bencher: Bencher<'_, '_>, size: Cluster) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Cluster::plain(1000, 10, 5)], sample_count = 5)]
fn the_report_in_words(bencher: Bencher<'_, '_>, size: Cluster) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).report(&Focus::default()).text());
}

#[divan::bench(args = [Cluster::plain(1000, 10, 5)], sample_count = 20)]
fn one_explanation(bencher: Bencher<'_, '_>, size: Cluster) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| {
        let judge = Judge::new(&manifests);
        let from = judge.source("n7/w1").unwrap_or_default();
        let to = judge.source("n17/w3").unwrap_or_default();
        let pairs = from.iter().zip(&to);
        pairs.map(|(from, to)| judge.explain(from, to, &PortSet::all()).parts.len()).sum::<usize>()
    });
}

#[divan::bench(args = [Cluster::plain(1000, 10, 5)], sample_count = 5)]
fn a_comparison(bencher: Bencher<'_, '_>, size: Cluster) {
    let (old, new) = (
        Manifests::read(sources(size)),
        Manifests::read(sources(Cluster { network: size.network - 1, ..size })),
    );
    bencher.bench(|| Judge::new(&old).compare(&Judge::new(&new)).widened.len());
}

/// Policies of administrators over all pods, of three kinds in turn, each about a team and a port of its own; over 100
/// namespaces of 10 workloads. `first` is the number of the first.
fn administered(first: usize, policies: usize) -> Manifests {
    let mut sources = sources(Cluster::plain(100, 10, 5));
    let mut text = String::new();
    for n in first..first + policies {
        let (team, port) = (n % 10, 1000 + n);
        let _ = match n % 3 {
            0 => writeln!(
                text,
                "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: p{n}}}\n\
                 spec: {{priority: {n}, subject: {{namespaces: {{}}}}, ingress: [{{action: Deny, from: [{{namespaces: {{matchLabels: {{team: t{team}}}}}}}], ports: [{{portNumber: {{protocol: TCP, port: {port}}}}}]}}]}}"
            ),
            1 => writeln!(
                text,
                "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: p{n}}}\n\
                 spec: {{tier: Admin, priority: {n}, subject: {{namespaces: {{}}}}, ingress: [{{action: Deny, from: [{{namespaces: {{matchLabels: {{team: t{team}}}}}}}], protocols: [{{tcp: {{destinationPort: {{number: {port}}}}}}}]}}]}}"
            ),
            _ => writeln!(
                text,
                "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {{name: p{n}}}\n\
                 spec: {{order: {n}, selector: all(), types: [Ingress], ingress: [{{action: Deny, protocol: TCP, source: {{namespaceSelector: team == 't{team}'}}, destination: {{ports: [{port}]}}}}, {{action: Pass}}]}}"
            ),
        };
    }
    sources.add("admin.yaml", text);
    Manifests::read(sources)
}

#[divan::bench(args = [100, 200, 500, 1000], sample_count = 3)]
fn over_admin_policies(bencher: Bencher<'_, '_>, policies: usize) {
    let manifests = administered(0, policies);
    bencher.bench(|| Judge::new(&manifests).list());
}

/// One policy of an administrator goes, one comes.
#[divan::bench(args = [100, 200, 500, 1000], sample_count = 3)]
fn a_comparison_of_admin_policies(bencher: Bencher<'_, '_>, policies: usize) {
    let (old, new) = (administered(0, policies), administered(1, policies));
    bencher.bench(|| Judge::new(&old).compare(&Judge::new(&new)).widened.len());
}
