//! What is called outside of the cluster, as far as the mesh must know it. The network's side of it is with
//! the callers' other permissions to send.

use std::collections::BTreeSet;

use meshgen_bundle::istio::{ServiceEntry, ServiceEntrySpec, ServicePort};
use meshgen_spec::{External, MeshMode, Name, Spec};

use crate::{files::Files, labels::meta};

/// One entry in each namespace that may call it, seen there only.
pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (name, external) in &spec.external {
        let callers: BTreeSet<&Name> =
            external.allow.iter().flat_map(|a| &a.from).map(|from| from.namespace()).collect();
        for namespace in callers {
            if spec.mesh_mode(namespace) == MeshMode::None {
                continue;
            }
            let entry = ServiceEntry { metadata: meta(namespace, name.as_str()), spec: entry(external) };
            files.add(namespace, entry, name.place);
        }
    }
}

fn entry(external: &External) -> ServiceEntrySpec {
    // A wildcard has no address of its own to look up.
    // Source: istio/api networking/v1 service_entry.proto, `resolution`.
    let wildcard = external.hosts.iter().any(|h| h.as_str().starts_with('*'));
    ServiceEntrySpec {
        hosts: external.hosts.iter().map(ToString::to_string).collect(),
        export_to: vec![".".to_owned()],
        location: "MESH_EXTERNAL".to_owned(),
        ports: external.ports.iter().map(|p| port(p.value)).collect(),
        resolution: if wildcard { "NONE" } else { "DNS" }.to_owned(),
    }
}

fn port(number: u16) -> ServicePort {
    // TLS, not HTTPS: the client encrypts, and the sidecar reads no more than the name it asks for.
    let protocol = match number {
        443 => "TLS",
        80 => "HTTP",
        _ => "TCP",
    };
    ServicePort {
        number,
        name: format!("{}-{number}", protocol.to_lowercase()),
        protocol: protocol.to_owned(),
    }
}
