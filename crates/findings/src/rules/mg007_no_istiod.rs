//! MG007: sidecars that may not reach istiod.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Party, Policy, Protocol};

use crate::{Hit, Rule, Seen, Severity, listed};

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
const ISTIOD: u16 = 15012;

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let root = &seen.mesh().settings.root_namespace;
    let istiod = seen.known_or_stranger(root, &[("app", "istiod"), ("istio", "pilot")]);
    let mut lacking: BTreeMap<String, (&Policy, Vec<String>)> = BTreeMap::new();
    for (number, _) in seen.pods().filter(|(n, _)| seen.membership(*n) == Membership::Sidecar) {
        let from = Party::Pod(number);
        let denied = |to: &Party| seen.lets_through(&from, to, ISTIOD) == Answer::Denied;
        if !istiod.iter().all(denied) || by_address(seen, &from, Protocol::Tcp, ISTIOD) {
            continue;
        }
        let refusing = |direction| {
            let to = istiod.first()?;
            seen.refusing(direction, &from, to, (Protocol::Tcp, ISTIOD))
        };
        if let Some(policy) = refusing(Direction::Egress).or_else(|| refusing(Direction::Ingress)) {
            lacking.entry(policy.full_name()).or_insert((policy, vec![])).1.push(seen.title(number));
        }
    }
    let hit = |(policy, pods): (&Policy, Vec<String>)| {
        let (document, pods) = (seen.document(policy.place)?, listed(pods));
        let said = format!(
            "`{}` keeps the sidecars of {pods} from istiod: they do not get ready when they start",
            policy.full_name()
        );
        Some(Hit::about(document, said, format!("permit TCP {ISTIOD} to `app: istiod` in `{root}`")))
    };
    lacking.into_values().filter_map(hit).collect()
}

/// Whether a pod may send to an address that a Service may have. What a block of addresses means for pods is left to
/// the plugin, so that then nothing is said.
pub(super) fn by_address(seen: &Seen<'_>, from: &Party, protocol: Protocol, port: u16) -> bool {
    // The usual block of Services, on AKS and elsewhere, and the address of a cache of DNS on the node.
    const SERVICES: [[u8; 4]; 4] = [[10, 96, 0, 10], [10, 0, 0, 10], [172, 20, 0, 10], [169, 254, 20, 10]];
    SERVICES.iter().any(|address| {
        let to = Party::Address((*address).into());
        seen.judges.network.answer(from, &to, protocol, port) != Answer::Denied
    })
}
