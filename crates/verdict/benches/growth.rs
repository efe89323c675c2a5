//! How the time of both judges together grows: over namespaces, over workloads, and over Istio's policies, each by itself.

use std::fmt::Write;

use divan::{Bencher, black_box};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

fn main() {
    divan::main();
}

/// What a benchmark judges: namespaces, workloads in each, network policies in each, Istio's policies in each.
#[derive(Clone, Copy)]
struct Size(usize, usize, usize, usize);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Size(spaces, pods, network, istio) = self;
        write!(f, "{spaces}x{pods} pods, {spaces}x{network} network policies, {spaces}x{istio} of Istio")
    }
}

impl std::fmt::Debug for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

const NETWORK: [&str; 5] = [
    "{podSelector: {}, policyTypes: [Ingress]}",
    "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}",
    "{podSelector: {matchLabels: {app: w0}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {mesh: on}}}], ports: [{port: 8080}]}]}",
    "{podSelector: {matchLabels: {tier: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: TEAM}}, podSelector: {matchLabels: {tier: web}}}], ports: [{port: 8080}]}]}",
    "{podSelector: {matchLabels: {app: w3}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}",
];

/// Istio's, in turn: who may call, by which encryption, and in some namespaces how clients encrypt.
const ISTIO: [(&str, &str); 4] = [
    (
        "security.istio.io/v1, kind: AuthorizationPolicy",
        "{rules: [{from: [{source: {namespaces: [SPACE, n0]}}], to: [{operation: {methods: [GET]}}]}]}",
    ),
    ("security.istio.io/v1, kind: PeerAuthentication", "{mtls: {mode: STRICT}}"),
    (
        "networking.istio.io/v1, kind: DestinationRule",
        "{host: w1, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}",
    ),
    (
        "security.istio.io/v1, kind: AuthorizationPolicy",
        "{action: DENY, selector: {matchLabels: {app: w2}}, rules: [{to: [{operation: {paths: [/admin/*]}}]}]}",
    ),
];

/// Every second namespace is in the mesh. The first workloads of each have a Service.
fn sources(size: Size) -> Sources {
    let mut text = "{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: istio, namespace: istio-system}, spec: {profile: minimal}}\n".to_owned();
    for n in 0..size.0 {
        let (team, mesh) = (format!("t{}", n % 10), if n % 2 == 0 { "on" } else { "off" });
        let inject = if n % 2 == 0 { "enabled" } else { "disabled" };
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: n{n}, labels: {{team: {team}, mesh: '{mesh}', istio-injection: {inject}}}}}}}"
        );
        for w in 0..size.1 {
            let tier = if w % 3 == 0 { "db" } else { "web" };
            let _ = writeln!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{w}, namespace: n{n}}}\n\
                 spec: {{template: {{metadata: {{labels: {{app: w{w}, tier: {tier}}}}}, spec: {{containers: [{{name: c, ports: [{{containerPort: 8080}}]}}]}}}}}}"
            );
        }
        for w in 0..size.1.min(4) {
            let _ = writeln!(
                text,
                "---\n{{apiVersion: v1, kind: Service, metadata: {{name: w{w}, namespace: n{n}}}, spec: {{selector: {{app: w{w}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}}}"
            );
        }
        for (p, shape) in NETWORK.iter().cycle().take(size.2).enumerate() {
            let spec = shape.replace("TEAM", &team);
            let _ = writeln!(
                text,
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{p}, namespace: n{n}}}\nspec: {spec}"
            );
        }
        for (p, (kind, shape)) in ISTIO.iter().cycle().take(size.3).enumerate() {
            let spec = shape.replace("SPACE", &format!("n{n}"));
            let _ = writeln!(
                text,
                "---\n{{apiVersion: {kind}, metadata: {{name: i{p}, namespace: n{n}}}, spec: {spec}}}"
            );
        }
    }
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    sources
}

#[divan::bench(args = [Size(125, 10, 5, 2), Size(250, 10, 5, 2), Size(500, 10, 5, 2), Size(1000, 10, 5, 2)], sample_count = 3)]
fn reading_over_namespaces(bencher: Bencher<'_, '_>, size: Size) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

#[divan::bench(args = [Size(250, 10, 5, 2), Size(250, 20, 5, 2), Size(250, 40, 5, 2)], sample_count = 3)]
fn reading_over_workloads(bencher: Bencher<'_, '_>, size: Size) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

#[divan::bench(args = [Size(250, 10, 5, 2), Size(250, 10, 5, 4), Size(250, 10, 5, 8), Size(250, 10, 5, 16)], sample_count = 3)]
fn reading_over_istio_s_policies(bencher: Bencher<'_, '_>, size: Size) {
    let sources = sources(size);
    bencher.with_inputs(|| sources.clone()).bench_values(World::read);
}

/// From the world to one verdict: what `explain` needs of both judges.
#[divan::bench(args = [Size(125, 10, 5, 2), Size(1000, 10, 5, 2), Size(1000, 10, 5, 4)], sample_count = 10)]
fn one_explanation(bencher: Bencher<'_, '_>, size: Size) {
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
#[divan::bench(args = [Size(125, 10, 5, 2), Size(1000, 10, 5, 2)], sample_count = 3)]
fn a_thousand_verdicts(bencher: Bencher<'_, '_>, size: Size) {
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
