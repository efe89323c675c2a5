//! MG040: rules by the address of a client, where a load balancer hides it.

use meshgen_mesh::{Attribute, AuthorizationPolicy};
use meshgen_reach::{Addresses, Direction, Matcher, Policy};
use meshgen_yaml::Place;

use crate::{Document, Fields, Hit, Rule, Seen, Severity, pods::text};

pub(super) const RULE: Rule = Rule {
    code: "MG040",
    slug: "lost-address",
    title: "rules go by an address that the load balancer hides",
    severity: Severity::Warning,
    why: "With `externalTrafficPolicy: Cluster`, which is the default, a node passes traffic on under its own address. Behind \
          such a Service, `ipBlock` and `ipBlocks` see nodes and not clients: a list of clients admits \
          nobody, or, once somebody adds the nodes, everyone. `remoteIpBlocks` see them too, unless the proxy is told how to \
          find the client: by `X-Forwarded-For` or the PROXY protocol (`gatewayTopology`). A load balancer that goes to \
          pods itself, as those of AWS do with targets of the type `ip`, does not pass by other nodes, but hides the client \
          unless it is told to preserve the address.",
    way_out: "Set `externalTrafficPolicy: Local` on the Service, where nodes pass its traffic on; have the load balancer \
              preserve addresses, or tell the proxy of the gateway how to find them (`gatewayTopology`), and use \
              `remoteIpBlocks`; or filter at the load balancer (`loadBalancerSourceRanges`).",
    sources: &[
        "https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip",
        "https://learn.microsoft.com/azure/aks/use-network-policies",
        "https://istio.io/latest/docs/tasks/security/authorization/authz-ingress/",
    ],
};

/// What AWS is told of a load balancer of its own: that it goes to pods and not to nodes, and that it is to keep the
/// address of the client.
///
/// Source: <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/>.
const AWS: [(&str, &str); 3] = [
    ("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", "ip"),
    ("service.beta.kubernetes.io/aws-load-balancer-type", "nlb-ip"),
    (
        "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes",
        "preserve_client_ip.enabled=true",
    ),
];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let services = seen.documents.of_kind("", "Service").filter(|d| !seen.is_assumed(d.node.place));
    services.filter_map(|d| behind(seen, d, hides(d)?)).collect()
}

/// Who passes traffic from outside on under an address of its own.
#[derive(Clone, Copy)]
enum Hides {
    Nodes,
    LoadBalancer,
}

fn hides(service: &Document) -> Option<Hides> {
    let from_outside = matches!(service.node.text(&["spec", "type"]), Some("LoadBalancer" | "NodePort"));
    let says = |(key, value): &(&str, &str)| {
        let said = service.metadata("annotations", key).and_then(text);
        said.is_some_and(|said| said.split(',').any(|one| one.trim() == *value))
    };
    let [target, kind, keeps] = AWS;
    let local = service.node.text(&["spec", "externalTrafficPolicy"]) == Some("Local");
    match (says(&target) || says(&kind), says(&keeps)) {
        _ if !from_outside => None,
        (true, keeps) => (!keeps).then_some(Hides::LoadBalancer),
        (false, _) => (!local).then_some(Hides::Nodes),
    }
}

fn behind(seen: &Seen<'_>, document: &Document, hides: Hides) -> Option<Hit> {
    let mesh = seen.mesh();
    let number = mesh.services.iter().position(|s| {
        s.meta.name == document.object.name && Some(&s.meta.namespace) == document.object.namespace.as_ref()
    })?;
    let mut pods = (0..).zip(&mesh.members).filter(|(_, m)| m.services.contains(&number)).map(|(n, _)| n);
    let (by, place) = pods.find_map(|pod| by_address(seen, pod))?;
    let (whose, way_out) = match hides {
        Hides::Nodes => ("nodes", "set `externalTrafficPolicy: Local`".to_owned()),
        Hides::LoadBalancer => {
            let [.., (key, value)] = AWS;
            ("the load balancer", format!("set `{value}` in the annotation `{key}`"))
        }
    };
    let said = format!(
        "{by} goes by the addresses of clients, but traffic that this Service brings in has those of {whose}"
    );
    let hit = Hit::about(document, said, way_out).also(place, "the rule");
    Some(match document.node.path(&["spec", "externalTrafficPolicy"]) {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

/// Whether a proxy is told how to find the client behind others: by `X-Forwarded-For` of so many that are trusted, or by
/// what the PROXY protocol says. Then `remoteIpBlocks` see it (`istio/api`, `mesh/v1alpha1/proxy.proto`, `Topology`).
fn knows_clients(seen: &Seen<'_>, pod: usize) -> bool {
    const TOPOLOGY: &str = "gatewayTopology";
    let own = seen.mesh().pods.get(pod).and_then(|p| p.annotations.get("proxy.istio.io/config"));
    let of_mesh = |d: &Document| match d.object.kind.as_str() {
        "IstioOperator" => d.node.path(&["spec", "meshConfig", "defaultConfig", TOPOLOGY]).is_some(),
        "ConfigMap" => d.node.text(&["data", "mesh"]).is_some_and(|mesh| mesh.contains(TOPOLOGY)),
        _ => false,
    };
    own.is_some_and(|config| config.contains(TOPOLOGY)) || seen.documents.iter().any(of_mesh)
}

/// What decides about a pod by the address of the client.
fn by_address(seen: &Seen<'_>, pod: usize) -> Option<(String, Place)> {
    let policies = seen.enforced(pod);
    let known = knows_clients(seen, pod);
    let in_mesh = policies.iter().find_map(|p| {
        Some((told("AuthorizationPolicy", &p.meta.namespace, &p.meta.name), in_rules(p, known)?))
    });
    in_mesh.or_else(|| {
        let bound = seen.binding(seen.on_network(pod)?, Direction::Ingress);
        bound.into_iter().find_map(|p| {
            let name = told(p.kind.name(), p.namespace.as_deref().unwrap_or_default(), &p.name);
            Some((name, in_network(p)?))
        })
    })
}

fn told(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} `{namespace}/{name}`")
}

/// Blocks that hold every address.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// A rule by some addresses; where clients are known behind proxies, by those that packets have.
fn in_rules(policy: &AuthorizationPolicy, known: bool) -> Option<Place> {
    let by_address = |c: &meshgen_mesh::Condition| {
        let some = c.values.iter().chain(&c.not_values).any(|value| !EVERYBODY.contains(&value.as_str()));
        some && (c.attribute == Attribute::Ip || (c.attribute == Attribute::RemoteIp && !known))
    };
    let rules = policy.rules.iter();
    let mut rules = rules.filter(|r| r.from.iter().flatten().chain(&r.when).any(by_address));
    rules.next().map(|r| r.place)
}

/// A rule by some addresses; one that means all of them means no client.
fn in_network(policy: &Policy) -> Option<Place> {
    let everywhere: Vec<Addresses> = EVERYBODY.iter().filter_map(|all| Addresses::block(all)).collect();
    let means_all = |set: &&Addresses| everywhere.iter().any(|all| set.contains_all(all));
    let some = |m: &Matcher| {
        let sets = m.address_sets();
        !sets.is_empty() && !sets.iter().any(means_all)
    };
    let rules = policy.ingress.iter().flatten();
    let mut rules = rules.filter(|rule| rule.peers.iter().any(some));
    rules.next().map(|rule| rule.place)
}
