//! MG015: two `PeerAuthentications` speak of the same pods, and one of them counts.

use std::collections::BTreeMap;

use meshgen_mesh::{Member, Membership, PeerAuthentication};

use crate::{Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG015",
    slug: "two-peer-authentications",
    title: "two PeerAuthentications are at one scope, and only the oldest counts",
    severity: Severity::Warning,
    why: "Of several for a whole namespace, for the mesh, or for one pod by its labels, the one that was created first counts, \
          and the others are not looked at. Manifests do not say which that is: applied to a new cluster in another \
          order, `STRICT` becomes `PERMISSIVE`.",
    way_out: "Keep one at each scope: one without a selector in a namespace, and one for each pod.",
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "istio/istio `pilot/pkg/security/authn/policy_applier.go`, ComposePeerAuthentication",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mesh = seen.mesh();
    let whole = mesh.peer_authentications.iter().enumerate().filter(|(_, p)| p.selector.is_empty());
    let mut scopes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, peer) in whole {
        let scope = match &peer.meta.namespace {
            root if *root == mesh.settings.root_namespace => "the whole mesh".to_owned(),
            name => format!("the namespace `{name}`"),
        };
        scopes.entry(scope).or_default().push(number);
    }
    // What is in no mesh takes what comes, whatever is said of it.
    let meshed = |member: &&Member| member.injection.membership != Membership::Plain;
    for (pod, member) in mesh.pods.iter().zip(&mesh.members).filter(|(_, member)| meshed(member)) {
        let near = |n: &&usize| mesh.peer_authentications.get(**n).is_some_and(|p| !p.selector.is_empty());
        let numbers: Vec<usize> = member.peers.iter().filter(near).copied().collect();
        // Others that the same two speak of are no further cause.
        if !scopes.values().any(|known| *known == numbers) {
            scopes.insert(format!("`{}/{}`", pod.namespace, pod.name), numbers);
        }
    }
    let several = scopes.into_iter().filter(|(_, numbers)| numbers.len() > 1);
    several.filter_map(|(scope, numbers)| hit(seen, &scope, &numbers)).collect()
}

fn hit(seen: &Seen<'_>, scope: &str, numbers: &[usize]) -> Option<Hit> {
    let peers: Vec<&PeerAuthentication> =
        numbers.iter().filter_map(|n| seen.mesh().peer_authentications.get(*n)).collect();
    let (last, others) = peers.split_last()?;
    // Where all say the same, it does not matter which counts.
    let same = |p: &&PeerAuthentication| p.mode == last.mode && p.ports == last.ports && p.broken.is_none();
    if last.broken.is_none() && others.iter().all(same) {
        return None;
    }
    let names: Vec<String> =
        peers.iter().map(|p| format!("`{}/{}`", p.meta.namespace, p.meta.name)).collect();
    let names = match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => return None,
    };
    // As in `pilot/pkg/model/config.go`: by time, then by name.
    let mut dated: Vec<_> =
        peers.iter().filter_map(|p| Some((p.meta.created.as_ref()?, &p.meta.name, p))).collect();
    dated.sort_by_key(|(time, name, _)| (*time, *name));
    let oldest = dated.first().filter(|_| dated.len() == peers.len());
    let counts = match oldest {
        Some((_, name, p)) => {
            format!("`{}/{name}`, which was created first, counts, and no other", p.meta.namespace)
        }
        None => "only the one that is created first counts".to_owned(),
    };
    let said = format!("{names} speak of {scope}: {counts}");
    let hit = Hit::about(seen.document(last.meta.place)?, said, "keep one of them");
    let titles = others.iter().filter_map(|p| seen.documents.at(p.meta.place)).map(|d| d.title);
    Some(titles.fold(hit, |hit, place| hit.also(place, "and here")))
}
