//! Random clusters in a mesh, from a small alphabet, so that things collide.

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % n
    }

    fn of(&mut self, all: &[&str]) -> String {
        let at = self.below(all.len());
        all[at].to_owned()
    }
}

const SPACES: [&str; 4] = ["a", "b", "c", "istio-system"];

/// A cluster: three namespaces and the root namespace, a few pods in each, and objects of all kinds.
pub(crate) fn cluster(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(7919) + 1);
    let mut text = String::new();
    for space in SPACES {
        let labels = dice.of(&[
            "istio-injection: enabled",
            "istio-injection: enabled",
            "istio.io/dataplane-mode: ambient",
            "istio.io/rev: canary",
            "team: x",
        ]);
        text += &format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}, labels: {{{labels}}}}}\n"
        );
        for n in 0..=dice.below(3) {
            pod(&mut dice, space, n, &mut text);
        }
    }
    for n in 0..dice.below(9) {
        text += &object(&mut dice, n);
    }
    text
}

fn pod(dice: &mut Dice, space: &str, n: usize, text: &mut String) {
    let label =
        dice.of(&["", "", "", ", sidecar.istio.io/inject: 'false'", ", sidecar.istio.io/inject: 'true'"]);
    let annotation = dice.of(&[
        "",
        "",
        "",
        "traffic.sidecar.istio.io/excludeInboundPorts: '8080'",
        "traffic.sidecar.istio.io/excludeOutboundPorts: '80,9000'",
        "traffic.sidecar.istio.io/includeInboundPorts: '8080'",
        "sidecar.istio.io/interceptionMode: NONE",
        "status.sidecar.istio.io/port: '9000'",
        "traffic.sidecar.istio.io/includeOutboundIPRanges: ''",
        "traffic.sidecar.istio.io/includeInboundPorts: '8080,9000', traffic.sidecar.istio.io/excludeInboundPorts: '8080'",
        "ambient.istio.io/bypass-inbound-capture: 'true'",
    ]);
    let account = dice.of(&["x", "y"]);
    let address = dice.of(&["", &format!("status: {{podIP: 10.0.{}.{}}}\n", space.len(), n + 1)]);
    *text += &format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: {space}, labels: {{app: p{n}{label}}}, annotations: {{{annotation}}}}}\n\
         spec: {{serviceAccountName: {account}, containers: [{{name: c, ports: [{{name: web, containerPort: 8080}}]}}]}}\n{address}"
    );
    if dice.below(3) > 0 {
        let headless = dice.of(&["", "", "clusterIP: None, "]);
        let ports = dice.of(&[
            "{name: http, port: 80, targetPort: 8080}",
            "{name: tcp-x, port: 9000}, {name: auto, port: 8888}",
            "{name: http, port: 80, targetPort: web}, {name: tcp, port: 9000, targetPort: 9080}",
            "{name: https, port: 443, targetPort: 8081}",
        ]);
        let export = dice.of(&["", "", "", "annotations: {networking.istio.io/exportTo: .}, "]);
        *text += &format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{{export}name: s{n}, namespace: {space}}}\nspec: {{{headless}selector: {{app: p{n}}}, ports: [{ports}]}}\n"
        );
    }
}

fn object(dice: &mut Dice, n: usize) -> String {
    let kind = dice.below(8);
    let space = dice.of(&SPACES);
    let selector = dice.of(&["", "", "selector: {matchLabels: {app: p0}}, "]);
    let (group, kind, spec) = match kind {
        0 | 1 => ("security.istio.io/v1", "AuthorizationPolicy", policy(dice, &selector)),
        2 => {
            let mode = dice.of(&["STRICT", "PERMISSIVE", "DISABLE"]);
            let ports = if selector.is_empty() { "" } else { ", portLevelMtls: {8080: {mode: PERMISSIVE}}" };
            (
                "security.istio.io/v1",
                "PeerAuthentication",
                format!("{{{selector}mtls: {{mode: {mode}}}{ports}}}"),
            )
        }
        3 => {
            let host = dice.of(&["s0.a.svc.cluster.local", "s1", "'*.b.svc.cluster.local'", "'*.local'"]);
            let mode = dice.of(&["DISABLE", "ISTIO_MUTUAL", "SIMPLE"]);
            let export = dice.of(&["", "", "exportTo: ['.'], ", "exportTo: [a], "]);
            let bound = dice.of(&["", "", "workloadSelector: {matchLabels: {app: p1}}, "]);
            let spec = format!("{{{export}{bound}host: {host}, trafficPolicy: {{tls: {{mode: {mode}}}}}}}");
            ("networking.istio.io/v1", "DestinationRule", spec)
        }
        4 => {
            let hosts = dice.of(&["./*", "a/*", "'*/*'", "b/s0.b.svc.cluster.local"]);
            let only = dice.of(&["", ", outboundTrafficPolicy: {mode: REGISTRY_ONLY}"]);
            let bound = selector
                .replace("selector: {matchLabels: {app: p0}}", "workloadSelector: {labels: {app: p0}}");
            ("networking.istio.io/v1", "Sidecar", format!("{{{bound}egress: [{{hosts: [{hosts}]}}]{only}}}"))
        }
        5 => {
            let host = dice.of(&["s0.a.svc.cluster.local", "s1.b.svc.cluster.local"]);
            let export = dice.of(&["", "exportTo: ['.'], ", "exportTo: [c], "]);
            let route = format!(
                "{{match: [{{method: {{exact: GET}}, uri: {{prefix: /x}}}}], route: [{{destination: {{host: {host}}}}}]}}"
            );
            (
                "networking.istio.io/v1",
                "VirtualService",
                format!("{{{export}hosts: [{host}], http: [{route}]}}"),
            )
        }
        6 => {
            let block = dice.of(&["198.51.100.0/24", "203.0.113.7/32"]);
            let export = dice.of(&["", "exportTo: ['.'], "]);
            let port = dice
                .of(&["{number: 443, name: tls, protocol: TLS}", "{number: 80, name: http, protocol: HTTP}"]);
            let spec = format!(
                "{{{export}hosts: [x.example], addresses: [{block}], ports: [{port}], resolution: NONE, location: MESH_EXTERNAL}}"
            );
            ("networking.istio.io/v1", "ServiceEntry", spec)
        }
        _ => ("networking.k8s.io/v1", "NetworkPolicy", network(dice)),
    };
    format!(
        "---\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: o{n}, namespace: {space}}}\nspec: {spec}\n"
    )
}

fn policy(dice: &mut Dice, selector: &str) -> String {
    let action = dice.of(&["ALLOW", "ALLOW", "DENY", "CUSTOM"]);
    let from = dice.of(&[
        "",
        "from: [{source: {namespaces: [a]}}]",
        "from: [{source: {principals: ['cluster.local/ns/b/sa/x', '*/sa/y']}}]",
        "from: [{source: {notNamespaces: [a, 'b*']}}]",
        "from: [{source: {serviceAccounts: [x, a/y]}}]",
        "from: [{source: {ipBlocks: [10.0.1.0/24, 203.0.113.0/24]}}]",
        "from: [{source: {notPrincipals: ['*']}}]",
    ]);
    let to = dice.of(&[
        "",
        "",
        "to: [{operation: {methods: [GET]}}]",
        "to: [{operation: {ports: ['8080']}}]",
        "to: [{operation: {paths: [/x*], ports: ['9000', '9080']}}]",
    ]);
    let rule: Vec<String> = [from, to].into_iter().filter(|part| !part.is_empty()).collect();
    let rules = if action == "ALLOW" && dice.below(6) == 0 {
        String::new()
    } else {
        format!("{{{}}}", rule.join(", "))
    };
    let provider = if action == "CUSTOM" { ", provider: {name: ext}" } else { "" };
    format!("{{{selector}action: {action}{provider}, rules: [{rules}]}}")
}

fn network(dice: &mut Dice) -> String {
    let pods =
        dice.of(&["{}", "{matchLabels: {app: p0}}", "{matchLabels: {security.istio.io/tlsMode: istio}}"]);
    let peer = dice.of(&[
        "{podSelector: {matchLabels: {security.istio.io/tlsMode: istio}}}",
        "{namespaceSelector: {}}",
        "{namespaceSelector: {matchLabels: {istio-injection: enabled}}}",
        "{ipBlock: {cidr: 203.0.113.0/28}}",
    ]);
    let ports = dice.of(&[
        "",
        ", ports: [{port: 8080}]",
        ", ports: [{port: 15008}]",
        ", ports: [{port: web}, {port: 9000, endPort: 9100}]",
    ]);
    let (kind, key) =
        if dice.below(3) == 0 { ("Egress", "egress: [{to: ") } else { ("Ingress", "ingress: [{from: ") };
    format!("{{podSelector: {pods}, policyTypes: [{kind}], {key}[{peer}]{ports}}}]}}")
}
