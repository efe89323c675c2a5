//! MG003: a policy cuts off who scrapes sidecars, or a gateway that leads there.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Party, Pod, Policy, Protocol, Via};
use meshgen_yaml::Node;

use crate::{Fields, Hit, Rule, Seen, Severity, listed, pods::text};

pub(super) const RULE: Rule = Rule {
    code: "MG003",
    slug: "mesh-cut-off",
    title: "a policy cuts off Prometheus or a gateway of the mesh",
    severity: Severity::Warning,
    why: "Prometheus and gateways usually run in `istio-system`, which has no label for injection, so that a policy \
          that means the mesh by that label refuses them. Sidecars give their metrics on 15020 (merged) and 15090, \
          which take no part in mTLS; without them Kiali and Grafana do not see the server. What a route of a gateway \
          leads to and a policy refuses ends in a 503.",
    way_out: "Admit Prometheus to 15020 and 15090, and gateways to the ports of the server, by \
              `kubernetes.io/metadata.name` of their namespace and their labels. Who comes through a gateway is then \
              for the gateway to decide: it is a door for whoever reaches it.",
    sources: &[
        "https://istio.io/latest/docs/ops/integrations/prometheus/",
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio",
    ],
};

/// The ports by which sidecars are scraped: their own metrics with those of the program, and Envoy's.
const SCRAPED: [u16; 2] = [15020, 15090];

/// Labels by which Prometheus is known.
const PROMETHEUS: [&str; 2] = ["app.kubernetes.io/name", "app"];

/// Labels that tell parts of a chart apart, and the parts that scrape: its gateway for pushes, for one, does not.
const PARTS: ([&str; 2], [&str; 2]) =
    (["app.kubernetes.io/component", "component"], ["prometheus", "server"]);

type Cut<'a> = BTreeMap<String, (&'a Policy, Vec<String>, Vec<String>)>;

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut cut = Cut::new();
    scraping(seen, &mut cut);
    gateways(seen, &mut cut);
    cut.into_values().filter_map(|(policy, who, whom)| hit(seen, policy, who, whom)).collect()
}

fn hit(seen: &Seen<'_>, policy: &Policy, who: Vec<String>, whom: Vec<String>) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let (who, whom) = (listed(who), listed(whom));
    let said = format!("`{}` cuts {who} off from {whom}", policy.full_name());
    Some(Hit::about(document, said, format!("admit {who} to {whom}")))
}

/// Who is there to scrape sidecars, and is refused on both ports.
fn scraping<'a>(seen: &Seen<'a>, cut: &mut Cut<'a>) {
    let pods = seen.cluster().pods.iter().enumerate();
    let scrapers = pods.filter(|(_, p)| scrapes(p)).map(|(n, _)| (seen.title(n), Party::Pod(n)));
    let scrapers: Vec<(String, Party)> = scrapers.chain(operated(seen)).collect();
    for (server, pod) in seen.pods().filter(|(n, _)| seen.membership(*n) == Membership::Sidecar) {
        let to = Party::Pod(server);
        for (title, from) in &scrapers {
            if SCRAPED.iter().any(|port| seen.lets_through(from, &to, *port) != Answer::Denied) {
                continue;
            }
            let refusing = seen.refusing(Direction::Ingress, from, &to, (Protocol::Tcp, 15020));
            add(cut, refusing, title.clone(), format!("{}/{}:15020,15090", pod.namespace, pod.name));
        }
    }
}

fn scrapes(pod: &Pod) -> bool {
    let (keys, scraping) = PARTS;
    let part = keys.iter().find_map(|key| pod.labels.get(*key));
    let called = PROMETHEUS.iter().any(|key| pod.labels.get(*key).is_some_and(|v| v == "prometheus"));
    called && part.is_none_or(|part| scraping.contains(&part.as_str()))
}

/// The pods that the operator of Prometheus makes, with the labels that it gives them.
///
/// Source: `prometheus-operator/prometheus-operator`, `pkg/prometheus/server/statefulset.go` and `pkg/prometheus/agent`.
fn operated(seen: &Seen<'_>) -> Vec<(String, Party)> {
    let kinds = [("Prometheus", "prometheus"), ("PrometheusAgent", "prometheus-agent")];
    let all = kinds.into_iter().flat_map(|(kind, app)| {
        seen.documents.of_kind("monitoring.coreos.com", kind).map(move |document| (document, app))
    });
    let pods = all.filter_map(|(document, app)| {
        let (name, namespace) = (document.object.name.as_str(), document.object.namespace.as_deref()?);
        let own = document.node.path(&["spec", "podMetadata", "labels"]).map_or(&[][..], Node::entries);
        let own = own.iter().filter_map(|e| Some((e.key.text.to_string(), text(&e.value)?.to_owned())));
        let given = [
            ("app.kubernetes.io/name", app),
            ("app.kubernetes.io/instance", name),
            ("app.kubernetes.io/managed-by", "prometheus-operator"),
            ("operator.prometheus.io/name", name),
            ("prometheus", name),
        ];
        let given = given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let labels = own.chain(given).collect();
        let title = format!("{namespace}/{name}[{}]", document.object.kind);
        Some((title.clone(), seen.somebody(&title, namespace, &labels)))
    });
    pods.collect()
}

/// The pods of a gateway that is not here: those of the one that istioctl installs are in the root namespace. Nothing is
/// known of others.
fn usual(seen: &Seen<'_>, gateway: &str) -> Option<(String, Party)> {
    let (namespace, name) = gateway.split_once('/')?;
    let via = Via::IstioGateway(namespace.to_owned(), name.to_owned());
    let labels = &seen.cluster().gateways.get(&via)?.pods;
    let root = &seen.mesh().settings.root_namespace;
    let title = format!("gateway {gateway} (most likely in {root})");
    let usual = labels.get("istio").is_some_and(|value| value == "ingressgateway");
    usual.then(|| (title.clone(), seen.somebody(&title, root, labels)))
}

/// Gateways that lead to a pod and are refused by all of its ports.
fn gateways<'a>(seen: &Seen<'a>, cut: &mut Cut<'a>) {
    for way in seen.judges.network.ways() {
        let Some(gateway) = &way.gateway else { continue };
        let Some((port, _)) = way.ports.ranges(Protocol::Tcp).next().filter(|(a, b)| a == b) else {
            continue;
        };
        let to = Party::Pod(way.pod);
        let absent = matches!(way.via, Party::Stranger(_));
        let (who, via, refused) = match usual(seen, gateway).filter(|_| absent) {
            Some((title, via)) => {
                let refused = seen.lets_through(&via, &to, port) == Answer::Denied;
                (title, via, refused)
            }
            None => (way.via.title(seen.cluster()), way.via.clone(), way.permitted.possible.is_empty()),
        };
        if !refused {
            continue;
        }
        let refusing = seen.refusing(Direction::Ingress, &via, &to, (Protocol::Tcp, port));
        let title = seen.title(way.pod);
        let to = title.split('[').next().unwrap_or_default();
        add(cut, refusing, who, format!("{to}:{port}"));
    }
}

fn add<'a>(cut: &mut Cut<'a>, policy: Option<&'a Policy>, who: String, whom: String) {
    if let Some(policy) = policy {
        let (_, from, to) = cut.entry(format!("{} {}", policy.kind.name(), policy.full_name())).or_insert((
            policy,
            vec![],
            vec![],
        ));
        from.push(who);
        to.push(whom);
    }
}
