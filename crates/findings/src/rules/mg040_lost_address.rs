//! MG040: rules by the address of a client, where a load balancer hides it.

use meshgen_mesh::{Attribute, AuthorizationPolicy};
use meshgen_reach::{Addresses, Direction, Matcher, Policy};
use meshgen_yaml::Place;

use crate::{Document, Fields, Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG040",
    slug: "lost-address",
    title: "rules go by an address that the load balancer hides",
    severity: Severity::Warning,
    why: "With `externalTrafficPolicy: Cluster`, which is the default, a node passes traffic on under its own address. Behind \
          such a Service, `ipBlock`, `ipBlocks` and `remoteIpBlocks` see nodes and not clients: a list of clients admits \
          nobody, or, once somebody adds the nodes, everyone.",
    way_out: "Set `externalTrafficPolicy: Local` on the Service; or filter at the load balancer \
              (`loadBalancerSourceRanges`).",
    sources: &[
        "https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip",
        "https://learn.microsoft.com/azure/aks/use-network-policies",
        "https://istio.io/latest/docs/tasks/security/authorization/authz-ingress/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let services = seen.documents.of_kind("", "Service").filter(|d| !seen.is_assumed(d.node.place));
    services.filter(|d| hides(d)).filter_map(|d| behind(seen, d)).collect()
}

/// Whether nodes pass traffic from outside on under their own address.
fn hides(service: &Document) -> bool {
    let from_outside = matches!(service.node.text(&["spec", "type"]), Some("LoadBalancer" | "NodePort"));
    from_outside && service.node.text(&["spec", "externalTrafficPolicy"]) != Some("Local")
}

fn behind(seen: &Seen<'_>, document: &Document) -> Option<Hit> {
    let mesh = seen.mesh();
    let number = mesh.services.iter().position(|s| {
        s.meta.name == document.object.name && Some(&s.meta.namespace) == document.object.namespace.as_ref()
    })?;
    let mut pods = (0..).zip(&mesh.members).filter(|(_, m)| m.services.contains(&number)).map(|(n, _)| n);
    let (by, place) = pods.find_map(|pod| by_address(seen, pod))?;
    let said = format!(
        "{by} goes by the addresses of clients, but traffic that this Service brings in has those of nodes"
    );
    let hit = Hit::about(document, said, "set `externalTrafficPolicy: Local`").also(place, "the rule");
    Some(match document.node.path(&["spec", "externalTrafficPolicy"]) {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

/// What decides about a pod by the address of the client.
fn by_address(seen: &Seen<'_>, pod: usize) -> Option<(String, Place)> {
    let policies = seen.enforced(pod);
    let in_mesh = policies
        .iter()
        .find_map(|p| Some((told("AuthorizationPolicy", &p.meta.namespace, &p.meta.name), in_rules(p)?)));
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

fn in_rules(policy: &AuthorizationPolicy) -> Option<Place> {
    let by_address = |c: &meshgen_mesh::Condition| matches!(c.attribute, Attribute::Ip | Attribute::RemoteIp);
    let rules = policy.rules.iter();
    let mut rules = rules.filter(|r| r.from.iter().flatten().chain(&r.when).any(by_address));
    rules.next().map(|r| r.place)
}

/// A rule by some addresses; one that means all of them means no client.
fn in_network(policy: &Policy) -> Option<Place> {
    let everywhere: Vec<Addresses> =
        ["0.0.0.0/0", "::/0"].iter().filter_map(|all| Addresses::block(all)).collect();
    let means_all = |set: &&Addresses| everywhere.iter().any(|all| set.contains_all(all));
    let some = |m: &Matcher| {
        let sets = m.address_sets();
        !sets.is_empty() && !sets.iter().any(means_all)
    };
    let rules = policy.ingress.iter().flatten();
    let mut rules = rules.filter(|rule| rule.peers.iter().any(some));
    rules.next().map(|rule| rule.place)
}
