//! MG007: sidecars that may not reach istiod.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Party, Policy, Protocol};

use crate::{
    Hit, Rule, Seen, Severity, listed,
    seen::{ISTIOD, is_istiod},
};

pub(super) const RULE: Rule = Rule {
    code: "MG007",
    slug: "no-istiod",
    title: "sidecars may not reach istiod",
    severity: Severity::Error,
    why: "A sidecar has its certificate and its configuration from istiod, on TCP 15012. One that runs already goes on \
          until its certificate is over; one that starts is never ready, and nothing comes into the pod or leaves \
          it. So it is found with the next restart and not before.",
    way_out: "Permit TCP 15012 to istiod: `kubernetes.io/metadata.name: istio-system` and `app: istiod` (and DNS, by whose \
              name it is found). A spec with `deny: [ingress, egress]` makes that \
              exception itself.",
    sources: &[
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio",
        "tried with a real istiod and real sidecars behind dropped packets",
    ],
};

/// Where sidecars get certificates and configuration.
const XDS: u16 = 15012;

/// Where AKS runs the istiod of the mesh that it manages, and how it names its revisions: `asm-1-30`.
const AKS: (&str, &str) = ("aks-istio-system", "asm-");

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut lacking: BTreeMap<String, (&Policy, Vec<String>, &str)> = BTreeMap::new();
    let mut known: BTreeMap<&str, Vec<Party>> = BTreeMap::new();
    for (number, _) in seen.pods().filter(|(n, _)| seen.membership(*n) == Membership::Sidecar) {
        let from = Party::Pod(number);
        let home = home(seen, number);
        let istiod = known.entry(home).or_insert_with(|| istiod(seen, home));
        let denied = |to: &Party| seen.lets_through(&from, to, XDS) == Answer::Denied;
        if !istiod.iter().all(denied) || seen.may_send_by_address(number, Protocol::Tcp, XDS) {
            continue;
        }
        let refusing = |direction| {
            let to = istiod.first()?;
            seen.refusing(direction, &from, to, (Protocol::Tcp, XDS))
        };
        if let Some(policy) = refusing(Direction::Egress).or_else(|| refusing(Direction::Ingress)) {
            lacking.entry(policy.full_name()).or_insert((policy, vec![], home)).1.push(seen.title(number));
        }
    }
    let hit = |(policy, pods, home): (&Policy, Vec<String>, &str)| {
        let (document, pods) = (seen.document(policy.place)?, listed(pods));
        let said = format!(
            "`{}` keeps the sidecars of {pods} from istiod: they do not get ready when they start",
            policy.full_name()
        );
        let label =
            if home == AKS.0 { "the pods".to_owned() } else { format!("`{}: {}`", ISTIOD.0, ISTIOD.1) };
        Some(Hit::about(document, said, format!("permit TCP {XDS} to {label} in `{home}`")))
    };
    lacking.into_values().filter_map(hit).collect()
}

/// The namespace of the istiod of a pod.
fn home<'s>(seen: &'s Seen<'_>, pod: usize) -> &'s str {
    let member = seen.in_mesh(pod).and_then(|number| seen.mesh().pods.get(number));
    let of_namespace = member.and_then(|p| seen.mesh().namespaces.get(&p.namespace)?.get("istio.io/rev"));
    let revision = of_namespace.or_else(|| member.and_then(|p| p.labels.get("istio.io/rev")));
    match revision {
        Some(revision) if revision.starts_with(AKS.1) => AKS.0,
        _ => &seen.mesh().settings.root_namespace,
    }
}

/// Pods that may be the istiod of a namespace. Of the one of AKS nobody says which labels it has.
fn istiod(seen: &Seen<'_>, home: &str) -> Vec<Party> {
    let labels: &[&str] = if home == AKS.0 { &[] } else { &[ISTIOD.1] };
    let mut all = seen.serving(home, (ISTIOD.0, labels), XDS);
    let elsewhere = seen.cluster().pods.iter().enumerate();
    let elsewhere = elsewhere.filter(|(_, p)| p.namespace != home && is_istiod(p));
    all.extend(elsewhere.map(|(number, _)| Party::Pod(number)));
    all
}
