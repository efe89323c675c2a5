//! MG003: a policy cuts off who scrapes sidecars, or a gateway that leads there.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Party, Pod, Policy, Protocol};

use crate::{Hit, Rule, Seen, Severity, listed};

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
    let is = |p: &Pod| PROMETHEUS.iter().any(|key| p.labels.get(*key).is_some_and(|v| v == "prometheus"));
    let pods = seen.cluster().pods.iter().enumerate();
    let scrapers: Vec<usize> = pods.filter(|(_, p)| is(p)).map(|(n, _)| n).collect();
    for (server, pod) in seen.pods().filter(|(n, _)| seen.membership(*n) == Membership::Sidecar) {
        let to = Party::Pod(server);
        for scraper in &scrapers {
            let from = Party::Pod(*scraper);
            if SCRAPED.iter().any(|port| seen.lets_through(&from, &to, *port) != Answer::Denied) {
                continue;
            }
            let refusing = seen.refusing(Direction::Ingress, &from, &to, (Protocol::Tcp, 15020));
            add(cut, refusing, seen.title(*scraper), format!("{}/{}:15020,15090", pod.namespace, pod.name));
        }
    }
}

/// Gateways that lead to a pod and are refused by all of its ports.
fn gateways<'a>(seen: &Seen<'a>, cut: &mut Cut<'a>) {
    for way in seen.judges.network.ways() {
        let is_gateway = way.gateway.is_some();
        let Some((port, _)) = way.ports.ranges(Protocol::Tcp).next().filter(|(a, b)| a == b) else {
            continue;
        };
        if !is_gateway || !way.permitted.possible.is_empty() {
            continue;
        }
        let to = Party::Pod(way.pod);
        let refusing = seen.refusing(Direction::Ingress, &way.via, &to, (Protocol::Tcp, port));
        let title = seen.title(way.pod);
        let to = title.split('[').next().unwrap_or_default();
        add(cut, refusing, way.via.title(seen.cluster()), format!("{to}:{port}"));
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
