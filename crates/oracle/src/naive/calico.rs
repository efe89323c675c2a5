//! Calico's `NetworkPolicy` and `GlobalNetworkPolicy`, `NetworkSet` and `GlobalNetworkSet`. Staged policies do
//! not enforce and are never read.
//!
//! Source: `api/pkg/apis/projectcalico/v3/*.go`; `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`
//! (how selectors of a rule combine); `app-policy/checker/check.go`.

use std::net::IpAddr;

use serde_json::Value;

use super::{
    admin::{Asked, in_networks},
    kubernetes::named,
    labels::labels,
    model::{Cluster, Labels, Peer, Pod, Protocol, items, kind, name, namespace, string},
    selector::{Selector, parse},
    tiers::{Action, Applied, Direction, Match, Outcomes},
};

/// The policies that select the pod in this direction, each with the name of its tier.
pub(super) fn policies(asked: &Asked<'_>) -> Vec<(String, Applied)> {
    let objects = asked.world.cluster.objects.iter();
    let ours = objects.filter(|o| string(o.get("apiVersion")).contains("projectcalico.org/"));
    let ours = ours.filter(|o| matches!(kind(o), "NetworkPolicy" | "GlobalNetworkPolicy"));
    ours.filter(|p| applies(p, asked)).map(|p| applied(p, asked)).collect()
}

fn applied(policy: &Value, asked: &Asked<'_>) -> (String, Applied) {
    let rules = items(policy.pointer(match asked.direction {
        Direction::Egress => "/spec/egress",
        Direction::Ingress => "/spec/ingress",
    }));
    // Log is no decision.
    let rules = rules.iter().filter_map(|r| Some((rule_matches(r, policy, asked), action(r)?)));
    let written = string(policy.pointer("/spec/tier"));
    let tier = if written.is_empty() { "default".to_owned() } else { written };
    let order = policy.pointer("/spec/order").and_then(Value::as_f64).unwrap_or(f64::INFINITY);
    (tier, Applied { order: Some(order), name: name(policy), outcomes: Outcomes::first(rules) })
}

fn action(rule: &Value) -> Option<Action> {
    match string(rule.get("action")).as_str() {
        "Allow" => Some(Action::Allow),
        "Deny" => Some(Action::Deny),
        "Pass" => Some(Action::Pass),
        _ => None,
    }
}

/// Whether a policy is about this pod and this direction.
fn applies(policy: &Value, asked: &Asked<'_>) -> bool {
    let set = |key: &str| policy.pointer(key).and_then(Value::as_bool) == Some(true);
    // A pod on the host's network is no workload endpoint; these two are about hosts.
    if asked.pod.host_network || set("/spec/preDNAT") || set("/spec/doNotTrack") {
        return false;
    }
    let some = |key: &str| !items(policy.pointer(key)).is_empty();
    let types = items(policy.pointer("/spec/types"));
    let this_way = match asked.direction {
        // Without `types`: egress alone means egress only, otherwise ingress, and egress if it has rules.
        Direction::Ingress if types.is_empty() => some("/spec/ingress") || !some("/spec/egress"),
        Direction::Egress if types.is_empty() => some("/spec/egress"),
        Direction::Ingress => types.iter().any(|t| t == "Ingress"),
        Direction::Egress => types.iter().any(|t| t == "Egress"),
    };
    let here = kind(policy) == "GlobalNetworkPolicy" || namespace(policy) == asked.pod.namespace;
    let endpoint = Endpoint::of(asked.world.cluster, asked.pod);
    this_way
        && here
        && selected(policy.pointer("/spec/selector"), &endpoint.labels)
        && selected(policy.pointer("/spec/namespaceSelector"), &endpoint.namespace)
        && selected(policy.pointer("/spec/serviceAccountSelector"), &endpoint.account)
}

/// Whether an optional selector selects. What cannot be read selects nothing.
fn selected(selector: Option<&Value>, on: &Labels) -> bool {
    parse(&string(selector)).is_some_and(|s| s.matches(on))
}

/// Something that carries labels: a pod, or a set of networks.
struct Endpoint {
    labels: Labels,
    /// Labels of its namespace; none for a global set.
    namespace: Labels,
    /// Labels of its service account.
    account: Labels,
    account_name: String,
    namespaced: bool,
    namespace_name: String,
}

impl Endpoint {
    fn of(cluster: &Cluster, pod: &Pod) -> Endpoint {
        let mut own = pod.labels.clone();
        own.insert("projectcalico.org/namespace".to_owned(), pod.namespace.clone());
        own.insert("projectcalico.org/orchestrator".to_owned(), "k8s".to_owned());
        own.insert("projectcalico.org/serviceaccount".to_owned(), pod.service_account.clone());
        let is = |o: &&Value| name(o) == pod.service_account && namespace(o) == pod.namespace;
        let account = cluster.of_kind("ServiceAccount").find(is);
        Endpoint {
            labels: own,
            namespace: namespace_labels(cluster, &pod.namespace),
            account: account.map(|a| labels(a.pointer("/metadata/labels"))).unwrap_or_default(),
            account_name: pod.service_account.clone(),
            namespaced: true,
            namespace_name: pod.namespace.clone(),
        }
    }

    fn of_set(cluster: &Cluster, set: &Value) -> Endpoint {
        let namespaced = kind(set) == "NetworkSet";
        let home = if namespaced { namespace(set) } else { String::new() };
        let mut own = labels(set.pointer("/metadata/labels"));
        if namespaced {
            own.insert("projectcalico.org/namespace".to_owned(), home.clone());
        }
        Endpoint {
            labels: own,
            namespace: if namespaced { namespace_labels(cluster, &home) } else { Labels::new() },
            account: Labels::new(),
            account_name: String::new(),
            namespaced,
            namespace_name: home,
        }
    }
}

fn namespace_labels(cluster: &Cluster, name: &str) -> Labels {
    let mut labels = cluster.namespace(name);
    labels.insert("projectcalico.org/name".to_owned(), name.to_owned());
    labels
}

/// All that a rule says must hold.
fn rule_matches(rule: &Value, policy: &Value, asked: &Asked<'_>) -> Match {
    let protocol = present(rule, "protocol").map_or(Match::Yes, |p| protocol_is(p, asked.flow.protocol));
    let not_protocol =
        present(rule, "notProtocol").map_or(Match::Yes, |p| protocol_is(p, asked.flow.protocol).not());
    let version = match rule.get("ipVersion").and_then(Value::as_u64) {
        None => Match::Yes,
        Some(v) => version_is(v, asked),
    };
    // Methods and paths are seen by a proxy only, if there is one.
    let http = if present(rule, "http").is_some() { Match::Maybe } else { Match::Yes };
    // No TCP, UDP or SCTP packet is an ICMP packet.
    let icmp = Match::of(present(rule, "icmp").is_none());
    let empty = Value::Null;
    let source =
        entity_matches(rule.get("source").unwrap_or(&empty), asked.flow.source, false, policy, asked);
    let destination = entity_matches(
        rule.get("destination").unwrap_or(&empty),
        asked.flow.destination,
        true,
        policy,
        asked,
    );
    [protocol, not_protocol, version, http, icmp, source, destination]
        .into_iter()
        .fold(Match::Yes, Match::and)
}

fn present<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).filter(|v| !v.is_null())
}

/// A name or a number. Source: `numorstring.Protocol`; numbers by IANA.
fn protocol_is(written: &Value, asked: Protocol) -> Match {
    let number = match asked {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    };
    let by_name = written.as_str().and_then(Protocol::parse) == Some(asked);
    let by_number = written.as_u64() == Some(number) || written.as_str() == Some(&number.to_string());
    Match::of(by_name || by_number)
}

fn version_is(version: u64, asked: &Asked<'_>) -> Match {
    let of = |peer: Peer<'_>| -> Vec<IpAddr> {
        match peer {
            Peer::Pod(pod) => pod.addresses.clone(),
            Peer::Address(address) => vec![address],
        }
    };
    let known = [of(asked.flow.source), of(asked.flow.destination)].concat();
    let is = |a: &IpAddr| if a.is_ipv4() { version == 4 } else { version == 6 };
    match known.as_slice() {
        [] => Match::Maybe,
        all if all.iter().all(is) => Match::Yes,
        all if all.iter().any(is) => Match::Maybe,
        _ => Match::No,
    }
}

/// One side of a rule.
fn entity_matches(
    entity: &Value,
    peer: Peer<'_>,
    is_destination: bool,
    policy: &Value,
    asked: &Asked<'_>,
) -> Match {
    let nets = present(entity, "nets").map_or(Match::Yes, |n| in_networks(items(Some(n)), peer));
    let not_nets = present(entity, "notNets").map_or(Match::Yes, |n| in_networks(items(Some(n)), peer).not());
    let ports = match present(entity, "ports").map(|p| items(Some(p))) {
        None | Some([]) => Match::Yes,
        Some(ports) => on_ports(ports, is_destination, asked),
    };
    let not_ports = match present(entity, "notPorts").map(|p| items(Some(p))) {
        None | Some([]) => Match::Yes,
        Some(ports) => on_ports(ports, is_destination, asked).not(),
    };
    let services = if present(entity, "services").is_some() { Match::Maybe } else { Match::Yes };
    let labelled = by_labels(entity, peer, policy, asked);
    [nets, not_nets, ports, not_ports, services, labelled].into_iter().fold(Match::Yes, Match::and)
}

/// Numbers, `first:last`, and names of container ports. Which port a client sends from is not known.
fn on_ports(ports: &[Value], is_destination: bool, asked: &Asked<'_>) -> Match {
    if !is_destination {
        return Match::Maybe;
    }
    let is = |port: &Value| {
        let text = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
        match text.split_once(':') {
            Some((first, last)) => {
                let bounds = (first.parse::<u16>(), last.parse::<u16>());
                matches!(bounds, (Ok(a), Ok(b)) if (a..=b).contains(&asked.flow.port))
            }
            None => match text.parse::<u16>() {
                Ok(number) => number == asked.flow.port,
                Err(_) => named(asked.flow.destination, &text, asked),
            },
        }
    };
    Match::of(ports.iter().any(is))
}

/// The selectors of one side. They are joined, and hold for pods and for what a set of networks contains; only
/// `notSelector` also holds for what nobody labels.
fn by_labels(entity: &Value, peer: Peer<'_>, policy: &Value, asked: &Asked<'_>) -> Match {
    let text = |key| string(entity.get(key));
    let (selector, not_selector, spaces) = (text("selector"), text("notSelector"), text("namespaceSelector"));
    let accounts = entity.get("serviceAccounts");
    let names = items(accounts.and_then(|a| a.get("names")));
    let account = string(accounts.and_then(|a| a.get("selector")));
    // In a namespaced policy, any of them means: of this namespace, unless it is said of which.
    let some = [&selector, &account].iter().any(|s| !s.is_empty()) || !names.is_empty();
    let home = kind(policy) == "NetworkPolicy" && spaces.is_empty() && (some || !not_selector.is_empty());
    let narrowed = some || home || !spaces.is_empty();
    let wanted = |e: &Endpoint| {
        parse(&selector).is_some_and(|s| s.matches(&e.labels))
            && parse(&account).is_some_and(|s| s.matches(&e.account))
            && (names.is_empty() || names.iter().any(|n| n == &e.account_name))
            && (spaces.is_empty() || parse(&spaces).is_some_and(|s| in_namespace(&s, e)))
            && (!home || e.namespace_name == namespace(policy))
    };
    let unwanted = |e: &Endpoint| parse(&not_selector).is_some_and(|s| s.matches(&e.labels));
    let carriers = carriers(asked.world.cluster, peer);
    let any = |is: &dyn Fn(&Endpoint) -> bool| {
        carriers.iter().fold(Match::No, |sum, (m, e)| sum.or(m.and(Match::of(is(e)))))
    };
    let yes = if narrowed { any(&wanted) } else { Match::Yes };
    let no = if not_selector.is_empty() { Match::No } else { any(&unwanted) };
    yes.and(no.not())
}

/// `all()` means what has a namespace, `global()` what has none.
fn in_namespace(selector: &Selector, endpoint: &Endpoint) -> bool {
    match selector {
        Selector::All => endpoint.namespaced,
        Selector::Global => !endpoint.namespaced,
        Selector::Not(s) => !in_namespace(s, endpoint),
        Selector::And(all) => all.iter().all(|s| in_namespace(s, endpoint)),
        Selector::Or(any) => any.iter().any(|s| in_namespace(s, endpoint)),
        _ => selector.matches(&endpoint.namespace),
    }
}

/// Everything labelled that a peer is, or may be: the pod, and the sets that contain its address.
fn carriers(cluster: &Cluster, peer: Peer<'_>) -> Vec<(Match, Endpoint)> {
    let pod = match peer {
        Peer::Pod(pod) if !pod.host_network => Some((Match::Yes, Endpoint::of(cluster, pod))),
        Peer::Pod(_) | Peer::Address(_) => None,
    };
    let sets = cluster.objects.iter().filter(|o| matches!(kind(o), "NetworkSet" | "GlobalNetworkSet"));
    let sets = sets.map(|set| {
        let nets = items(set.pointer("/spec/nets"));
        (in_networks(nets, peer), Endpoint::of_set(cluster, set))
    });
    pod.into_iter().chain(sets).collect()
}
