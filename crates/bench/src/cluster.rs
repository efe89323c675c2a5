//! Manifests of clusters of any size, for the benchmarks of the judges.

use std::fmt::{self, Write};

/// How large a cluster is. Every second namespace is in the mesh, if there is one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Cluster {
    /// How many namespaces.
    pub namespaces: usize,
    /// Workloads in each of them. The first four have a Service where there is a mesh.
    pub workloads: usize,
    /// Network policies in each of them, of the five shapes in turn that people write.
    pub network: usize,
    /// Policies of Istio in each of them, of four kinds in turn; none of them, and there is no mesh.
    pub istio: usize,
}

/// Nobody, the own namespace, labelled namespaces, a team's pods, and egress with a block.
const NETWORK: [&str; 5] = [
    "{podSelector: {}, policyTypes: [Ingress]}",
    "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}",
    "{podSelector: {matchLabels: {app: w0}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {mesh: on}}}], ports: [{port: 8080}]}]}",
    "{podSelector: {matchLabels: {tier: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: TEAM}}, podSelector: {matchLabels: {tier: web}}}], ports: [{port: 8080}]}]}",
    "{podSelector: {matchLabels: {app: w3}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}, {port: 8080}]}, {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.BLOCK.0.0/16]}}]}]}",
];

/// Who may call, by which encryption, how clients encrypt, and what nobody may call.
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

impl Cluster {
    /// Without a mesh.
    pub const fn plain(namespaces: usize, workloads: usize, network: usize) -> Cluster {
        Cluster { namespaces, workloads, network, istio: 0 }
    }

    /// With a mesh.
    pub const fn meshed(namespaces: usize, workloads: usize, network: usize, istio: usize) -> Cluster {
        Cluster { namespaces, workloads, network, istio }
    }

    /// Its manifests, as one stream of YAML.
    pub fn manifests(self) -> String {
        let mut text = String::new();
        if self.istio > 0 {
            text.push_str(
                "{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: istio, namespace: istio-system}, spec: {profile: minimal}}\n",
            );
        }
        (0..self.namespaces).for_each(|n| self.namespace(n, &mut text));
        text
    }

    // Writing to a `String` does not fail.
    fn namespace(self, n: usize, text: &mut String) {
        let (team, mesh) = (format!("t{}", n % 10), if n.is_multiple_of(2) { "on" } else { "off" });
        let inject = match (self.istio > 0, n.is_multiple_of(2)) {
            (true, true) => ", istio-injection: enabled",
            _ => "",
        };
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: n{n}, labels: {{team: {team}, mesh: '{mesh}'{inject}}}}}}}"
        );
        for w in 0..self.workloads {
            let tier = if w.is_multiple_of(3) { "db" } else { "web" };
            let _ = writeln!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{w}, namespace: n{n}}}\n\
                 spec: {{template: {{metadata: {{labels: {{app: w{w}, tier: {tier}}}}}, spec: {{containers: [{{name: c, ports: [{{containerPort: 8080}}]}}]}}}}}}"
            );
        }
        let services = if self.istio > 0 { self.workloads.min(4) } else { 0 };
        for w in 0..services {
            let _ = writeln!(
                text,
                "---\n{{apiVersion: v1, kind: Service, metadata: {{name: w{w}, namespace: n{n}}}, spec: {{selector: {{app: w{w}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}}}"
            );
        }
        for (p, shape) in NETWORK.iter().cycle().take(self.network).enumerate() {
            let spec = shape.replace("TEAM", &team).replace("BLOCK", &(n % 250).to_string());
            let _ = writeln!(
                text,
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{p}, namespace: n{n}}}\nspec: {spec}"
            );
        }
        for (p, (kind, shape)) in ISTIO.iter().cycle().take(self.istio).enumerate() {
            let spec = shape.replace("SPACE", &format!("n{n}"));
            let _ = writeln!(
                text,
                "---\n{{apiVersion: {kind}, metadata: {{name: i{p}, namespace: n{n}}}, spec: {spec}}}"
            );
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cluster { namespaces, workloads, network, istio } = self;
        write!(f, "{namespaces} x ({workloads} pods, {network} network policies, {istio} of Istio)")
    }
}

/// As benchmarks name what they measure.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
