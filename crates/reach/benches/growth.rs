//! How the judge's time grows: over namespaces, over workloads, and over policies, each by itself.

use std::fmt::Write;

use divan::{Bencher, black_box};
use meshgen_reach::{Focus, Judge, Manifests, PortSet};
use meshgen_yaml::Sources;

fn main() {
    divan::main();
}

/// What a benchmark judges: namespaces, workloads in each, policies in each.
#[derive(Clone, Copy)]
struct Size(usize, usize, usize);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{} pods, {}x{} policies", self.0, self.1, self.0, self.2)
    }
}

impl std::fmt::Debug for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Policies of five shapes: nobody, the own namespace, labelled namespaces, a team's pods, and egress with a block.
const SHAPES: [&str; 5] = [
    "{podSelector: {}, policyTypes: [Ingress]}",
    "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}",
    "{podSelector: {matchLabels: {app: w0}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {mesh: on}}}], ports: [{port: 9080}]}]}",
    "{podSelector: {matchLabels: {tier: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: TEAM}}, podSelector: {matchLabels: {tier: web}}}], ports: [{port: 5432}]}]}",
    "{podSelector: {matchLabels: {app: w3}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}, {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.BLOCK.0.0/16]}}]}]}",
];

fn sources(size: Size) -> Sources {
    let mut text = String::new();
    for n in 0..size.0 {
        let (team, mesh) = (format!("t{}", n % 10), if n % 2 == 0 { "on" } else { "off" });
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: n{n}, labels: {{team: {team}, mesh: '{mesh}'}}}}}}"
        );
        for w in 0..size.1 {
            let tier = if w % 3 == 0 { "db" } else { "web" };
            let labels = format!("{{app: w{w}, tier: {tier}}}");
            let _ = writeln!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{w}, namespace: n{n}}}\n\
                 spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: c, ports: [{{containerPort: 8080}}]}}]}}}}}}"
            );
        }
        for (p, shape) in SHAPES.iter().cycle().take(size.2).enumerate() {
            let spec = shape.replace("TEAM", &team).replace("BLOCK", &(n % 250).to_string());
            let _ = writeln!(
                text,
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{p}, namespace: n{n}}}\nspec: {spec}"
            );
        }
    }
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    sources
}

/// The goal: 1,000 namespaces of 10 workloads with 5,000 policies, from text to the list, in two seconds.
#[divan::bench(args = [Size(100, 10, 5), Size(1000, 10, 5)], sample_count = 5)]
fn from_text_to_the_list(bencher: Bencher<'_, '_>, size: Size) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(|sources| {
        let manifests = Manifests::read(sources);
        black_box(Judge::new(&manifests).list().lines.len())
    });
}

#[divan::bench(args = [Size(1000, 10, 5)], sample_count = 5)]
fn reading(bencher: Bencher<'_, '_>, size: Size) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(Manifests::read);
}

#[divan::bench(args = [Size(125, 10, 5), Size(250, 10, 5), Size(500, 10, 5), Size(1000, 10, 5)], sample_count = 5)]
fn over_namespaces(bencher: Bencher<'_, '_>, size: Size) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Size(250, 10, 5), Size(250, 20, 5), Size(250, 40, 5), Size(250, 80, 5)], sample_count = 5)]
fn over_workloads(bencher: Bencher<'_, '_>, size: Size) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Size(250, 10, 5), Size(250, 10, 10), Size(250, 10, 20), Size(250, 10, 40)], sample_count = 5)]
fn over_policies(bencher: Bencher<'_, '_>, size: Size) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).list());
}

#[divan::bench(args = [Size(1000, 10, 5)], sample_count = 5)]
fn the_report_in_words(bencher: Bencher<'_, '_>, size: Size) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| Judge::new(&manifests).report(&Focus::default()).text());
}

#[divan::bench(args = [Size(1000, 10, 5)], sample_count = 20)]
fn one_explanation(bencher: Bencher<'_, '_>, size: Size) {
    let manifests = Manifests::read(sources(size));
    bencher.bench(|| {
        let judge = Judge::new(&manifests);
        let from = judge.source("n7/w1").unwrap_or_default();
        let to = judge.source("n17/w3").unwrap_or_default();
        let pairs = from.iter().zip(&to);
        pairs.map(|(from, to)| judge.explain(from, to, &PortSet::all()).parts.len()).sum::<usize>()
    });
}

#[divan::bench(args = [Size(1000, 10, 5)], sample_count = 5)]
fn a_comparison(bencher: Bencher<'_, '_>, size: Size) {
    let (old, new) =
        (Manifests::read(sources(size)), Manifests::read(sources(Size(size.0, size.1, size.2 - 1))));
    bencher.bench(|| Judge::new(&old).compare(&Judge::new(&new)).widened.len());
}

/// Policies of administrators over all pods, of three kinds in turn, each about a team and a port of its own; over 100
/// namespaces of 10 workloads. `first` is the number of the first.
fn administered(first: usize, policies: usize) -> Manifests {
    let mut sources = sources(Size(100, 10, 5));
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
