//! Which namespaces are part of the mesh: istiod sees nothing of what is in others (`discoverySelectors`).

use crate::{Mesh, Meta, Truth};

/// Leaves out what istiod does not see. What it may see or not, because nothing declares the namespace and its labels, is
/// not understood.
pub(super) fn without_what_is_not_seen(mesh: &mut Mesh) {
    if mesh.settings.discovery.is_empty() {
        return;
    }
    let whole = mesh.clone();
    let seen = |meta: &Meta| whole.discovers(&meta.namespace) != Truth::No;
    mesh.policies.retain(|o| seen(&o.meta));
    mesh.peer_authentications.retain(|o| seen(&o.meta));
    mesh.request_authentications.retain(|o| seen(&o.meta));
    mesh.destination_rules.retain(|o| seen(&o.meta));
    mesh.sidecars.retain(|o| seen(&o.meta));
    mesh.entries.retain(|o| seen(&o.meta));
    mesh.routes.retain(|o| seen(&o.meta));
    let unclear = |meta: &Meta| {
        let said =
            || format!("{} `{}/{}`: {}", meta.kind, meta.namespace, meta.name, undeclared(&meta.namespace));
        (whole.discovers(&meta.namespace) == Truth::May).then(said)
    };
    mesh.policies.iter_mut().for_each(|o| o.broken = o.broken.take().or_else(|| unclear(&o.meta)));
    mesh.peer_authentications
        .iter_mut()
        .for_each(|o| o.broken = o.broken.take().or_else(|| unclear(&o.meta)));
    mesh.destination_rules.iter_mut().for_each(|o| o.broken = o.broken.take().or_else(|| unclear(&o.meta)));
    mesh.sidecars.iter_mut().for_each(|o| o.broken = o.broken.take().or_else(|| unclear(&o.meta)));
}

/// Why it is not known whether a namespace is part of the mesh.
pub(crate) fn undeclared(namespace: &str) -> String {
    format!("whether the mesh discovers the namespace `{namespace}` is not known, as nothing declares it")
}
