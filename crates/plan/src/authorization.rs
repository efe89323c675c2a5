//! The same policies once more, by identity: what the mesh enforces.

use meshgen_bundle::istio::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, AuthorizationRule, AuthorizationSource, From,
    Operation, To, WorkloadSelector,
};
use meshgen_spec::{Allow, Direction, Enforce, Mesh, MeshMode, Name, Namespaces, Spec, Workloads};

use crate::{files::Files, labels::meta, network, policies};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let Some(mesh) = spec.mesh() else { return };
    for (name, _) in spec.namespaces.iter().filter(|(_, n)| !n.existing) {
        let security = spec.security(name, None);
        if enforced(spec, name, security.enforces(Enforce::AuthorizationPolicy))
            && security.denies(Direction::Ingress)
        {
            // An ALLOW policy without rules admits nobody, and others only add to it.
            let metadata = meta(name, "default-deny");
            files.add(
                name,
                AuthorizationPolicy { metadata, spec: AuthorizationPolicySpec::default() },
                name.place,
            );
        }
    }
    for (target, policy) in &spec.policies {
        let security = policies::security(spec, target);
        if policy.spec.is_some()
            || !enforced(spec, target.namespace(), security.enforces(Enforce::AuthorizationPolicy))
        {
            continue;
        }
        let labels = network::pods(spec, target);
        let authorization = AuthorizationPolicySpec {
            selector: (!labels.is_empty()).then_some(WorkloadSelector { match_labels: labels }),
            action: Some(Action::Allow),
            rules: policy.allow.iter().flatten().map(|allow| rule(spec, &mesh, target, allow)).collect(),
        };
        let metadata = meta(target.namespace(), policies::name(target, policy));
        files.add(target.namespace(), AuthorizationPolicy { metadata, spec: authorization }, target.place);
    }
}

/// Outside of the mesh nobody reads such a policy.
fn enforced(spec: &Spec, namespace: &Name, asked: bool) -> bool {
    asked && spec.mesh_mode(namespace) != MeshMode::None
}

fn rule(spec: &Spec, mesh: &Mesh, target: &Workloads, allow: &Allow) -> AuthorizationRule {
    let from = source(spec, mesh, allow).map(|source| From { source });
    let to = operation(spec, target, allow);
    AuthorizationRule {
        from: from.into_iter().collect(),
        to: (to != Operation::default()).then_some(To { operation: to }).into_iter().collect(),
    }
}

/// Who may call. Nothing means everybody, with a certificate or without.
fn source(spec: &Spec, mesh: &Mesh, allow: &Allow) -> Option<AuthorizationSource> {
    let mut source = AuthorizationSource::default();
    for from in allow.from.iter().flat_map(|f| f.iter()) {
        source.principals.push(match &from.value {
            // A prefix, rather than `namespaces`: fields of one source must all match, and so would exclude
            // each other here.
            Workloads::All(namespace) => format!("{}/ns/{namespace}/*", mesh.trust_domain),
            Workloads::One(one) => {
                let account = spec.workloads.get(one).map_or("default", |w| w.service_account(&one.name));
                format!("{}/ns/{}/sa/{account}", mesh.trust_domain, one.namespace)
            }
        });
    }
    match allow.from_namespaces.as_ref().map(|n| &n.value) {
        Some(Namespaces::All) => return None,
        // Whoever has a certificate of this mesh.
        Some(Namespaces::Meshed) => source.principals.push("*".to_owned()),
        Some(Namespaces::Named(names)) => source.namespaces = names.iter().map(ToString::to_string).collect(),
        // Refused by the spec's checks: it cannot be said.
        Some(Namespaces::Labelled(_)) | None => {}
    }
    source.ip_blocks = allow.from_cidrs.iter().flat_map(|c| c.iter()).map(ToString::to_string).collect();
    source.principals.dedup();
    Some(source)
}

/// What may be called.
fn operation(spec: &Spec, target: &Workloads, allow: &Allow) -> Operation {
    let ports = allow.ports.iter().flat_map(|p| p.iter()).map(|p| &p.value);
    let mut operation = Operation {
        // Ports of the pod, as in a network policy. Source: istio/api security/v1 authorization_policy.proto.
        ports: network::ports(spec, target, ports).iter().map(|p| p.port.to_string()).collect(),
        methods: allow.methods.iter().flat_map(|m| m.iter()).map(|m| m.as_str().to_owned()).collect(),
        paths: allow.paths.iter().flat_map(|p| p.iter()).map(ToString::to_string).collect(),
    };
    if let Some(services) = &allow.grpc {
        // A gRPC call is a POST to /package.Service/Method.
        // Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
        operation.methods = vec!["POST".to_owned()];
        operation.paths = services.iter().map(|service| format!("/{service}/*")).collect();
    }
    operation
}
