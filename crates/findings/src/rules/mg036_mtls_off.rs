//! MG036: mTLS turned off for a whole namespace, or for the mesh.

use meshgen_mesh::{Mode, PeerAuthentication};

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG036",
    slug: "mtls-off",
    title: "mTLS is turned off for a whole namespace or mesh",
    severity: Severity::Warning,
    why: "`DISABLE` for a namespace or the mesh turns auto mTLS off towards all of its workloads: connections are plain text \
          and carry no identity, so rules by principal, service account or namespace match nobody. A workload in it that is \
          `STRICT` is then answered with 503 to clients of the mesh, because they do not encrypt.",
    way_out: "Leave the mode `PERMISSIVE`, or `STRICT`, and disable mTLS only for the port of a workload that needs it \
              (`portLevelMtls`).",
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "https://github.com/istio/istio/blob/release-1.31/pilot/pkg/model/push_context.go",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let all = seen.mesh().peer_authentications.iter();
    let off = all.filter(|p| p.mode == Some(Mode::Disable) && p.selector.is_empty() && p.broken.is_none());
    off.filter_map(|policy| off_for(seen, policy)).collect()
}

fn off_for(seen: &Seen<'_>, policy: &PeerAuthentication) -> Option<Hit> {
    let document = seen.document(policy.meta.place)?;
    let mut plain = Vec::new();
    let mut strict = Vec::new();
    for (number, _) in seen.sidecars().filter(|(n, _)| decides(seen, policy, *n)) {
        let ports = seen.ports_of(number);
        let is_strict = |port: &u16| seen.mesh().mode(number, *port).is_ok_and(|m| m.mode == Mode::Strict);
        if ports.iter().any(is_strict) { strict.push(number) } else { plain.push(number) }
    }
    if plain.is_empty() && strict.is_empty() {
        return None;
    }
    let titles = |all: &[usize]| names(all.iter().map(|n| seen.called(*n)));
    let mut said = Vec::new();
    if !plain.is_empty() {
        said.push(format!("connections to {} are plain text and carry no identity", titles(&plain)));
    }
    if !strict.is_empty() {
        said.push(format!(
            "clients of the mesh get 503 from {}, which {} mTLS",
            titles(&strict),
            word(&strict, "demands", "demand")
        ));
    }
    let hit = Hit::about(
        document,
        said.join("; "),
        "leave it `PERMISSIVE` here, and disable mTLS for single ports",
    );
    Some(match document.node.path(&["spec", "mtls", "mode"]) {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

/// Whether a policy is what says the mode of the namespace of a pod: that of the namespace comes before that of the mesh.
fn decides(seen: &Seen<'_>, policy: &PeerAuthentication, pod: usize) -> bool {
    let bound = seen.mesh().members.get(pod).map_or(&[][..], |m| &m.peers);
    let bound = bound.iter().filter_map(|n| seen.mesh().peer_authentications.get(*n));
    let root = &seen.mesh().settings.root_namespace;
    let whole: Vec<_> = bound.filter(|p| p.selector.is_empty() && p.mode.is_some()).collect();
    let near = whole.iter().any(|p| p.meta.namespace != *root);
    whole.iter().any(|p| p.meta == policy.meta) && (policy.meta.namespace != *root || !near)
}
