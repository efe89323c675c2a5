//! `policies`.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use meshgen_yaml::{At, Place, Problem};

use crate::{
    Allow, Enforce, MeshMode, Name, Namespaces, ObjectName, PortRef, RawSpec, Security, Spec, WorkloadName,
    Workloads,
};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    let accounts = accounts(spec);
    let mut names = BTreeMap::new();
    for (target, policy) in &spec.policies {
        super::workloads(spec, target, problems);
        match (&policy.allow, &policy.spec) {
            (Some(rules), None) => rules.iter().for_each(|rule| {
                allow(spec, target, rule, problems);
                identities(spec, &accounts, target, rule, problems);
            }),
            (None, Some(raw)) => self::raw(spec, target, raw, problems),
            (Some(_), Some(_)) => problems.push(
                Problem::error(target.place, format!("the policy of `{target}` has both `allow` and `spec`"))
                    .help("`spec` is a whole policy: keep one of them"),
            ),
            (None, None) => problems.push(
                Problem::error(target.place, format!("the policy of `{target}` says nothing")).help(
                    "say who may call: `allow: [{ from: [namespace/name] }]`, or `allow: []` for nobody",
                ),
            ),
        }
        let Some(name) = &policy.name else { continue };
        if let Some(other) = names.insert((target.namespace(), &name.value), target) {
            problems.push(same_name(name, other, target));
        }
    }
}

fn same_name(name: &At<ObjectName>, other: &At<Workloads>, target: &At<Workloads>) -> Problem {
    let message = format!("the policies of `{other}` and `{target}` have one name, `{name}`");
    Problem::error(name.place, message).related(other.place, "the other one")
}

fn allow(spec: &Spec, target: &At<Workloads>, rule: &Allow, problems: &mut Vec<Problem>) {
    let sources: Vec<Place> = [
        rule.from.as_ref().map(|f| f.place),
        rule.from_namespaces.as_ref().map(|f| f.place),
        rule.from_cidrs.as_ref().map(|f| f.place),
    ]
    .into_iter()
    .flatten()
    .collect();
    match sources.as_slice() {
        [_] => {}
        [] => problems.push(
            Problem::error(rule_place(target, rule), format!("a rule for `{target}` does not say who may call"))
                .help("say one of `from`, `fromNamespaces`, `fromCidrs`; for everybody in the cluster: `fromNamespaces: all`"),
        ),
        [first, second, ..] => problems.push(
            Problem::error(*second, "a rule says one of `from`, `fromNamespaces`, `fromCidrs`")
                .related(*first, "said first here")
                .help("write a rule for each"),
        ),
    }
    if let Some(from) = &rule.from {
        if from.is_empty() {
            problems
                .push(Problem::error(from.place, "an empty list admits nobody").help("leave the rule out"));
        }
        from.iter().for_each(|from| super::workloads(spec, from, problems));
    }
    if let Some(Namespaces::Named(names)) = rule.from_namespaces.as_ref().map(|n| &n.value) {
        for name in names {
            super::namespace(spec, name, name.place, problems);
        }
    }
    if let Some(Namespaces::Meshed) = rule.from_namespaces.as_ref().map(|n| &n.value)
        && spec.istio.is_none()
    {
        let place = rule.from_namespaces.as_ref().map(|n| n.place);
        problems.push(
            Problem::error(place, "`meshed` means nothing without a mesh")
                .help("say `istio`, or name the namespaces"),
        );
    }
    if let Some(cidrs) = &rule.from_cidrs
        && cidrs.is_empty()
    {
        problems.push(Problem::error(cidrs.place, "an empty list admits nobody").help("leave the rule out"));
    }
    if let Some(ports) = &rule.ports {
        if ports.is_empty() {
            problems.push(
                Problem::error(ports.place, "an empty list opens no port")
                    .help("leave `ports` out for all of them"),
            );
        }
        super::ports(spec, target, ports, problems);
    }
    http(spec, target, rule, problems);
}

/// A place for what is not there: the first thing that the rule says.
fn rule_place(target: &At<Workloads>, rule: &Allow) -> Place {
    let said = rule.ports.as_ref().map(|p| p.place);
    said.or(rule.methods.as_ref().map(|m| m.place))
        .or(rule.paths.as_ref().map(|p| p.place))
        .unwrap_or(target.place)
}

fn security(spec: &Spec, target: &Workloads) -> Security {
    let workload = match target {
        Workloads::One(name) => spec.workloads.get(name),
        Workloads::All(_) => None,
    };
    spec.security(target.namespace(), workload)
}

/// Methods, paths and gRPC services are the mesh's to enforce, and only where it sees HTTP.
fn http(spec: &Spec, target: &At<Workloads>, rule: &Allow, problems: &mut Vec<Problem>) {
    let said = [
        rule.methods.as_ref().map(|m| ("methods", m.place, m.is_empty())),
        rule.paths.as_ref().map(|p| ("paths", p.place, p.is_empty())),
        rule.grpc.as_ref().map(|g| ("grpc", g.place, g.is_empty())),
    ];
    let said: Vec<_> = said.into_iter().flatten().collect();
    for (what, place, empty) in &said {
        if *empty {
            problems.push(
                Problem::error(*place, format!("an empty list of `{what}` admits nothing"))
                    .help("leave it out for all"),
            );
        }
    }
    let Some((what, place, _)) = said.first().copied() else { return };
    if rule.grpc.is_some() && said.len() > 1 {
        problems.push(
            Problem::error(place, "`grpc` says both method and path")
                .help("write a rule of its own for `methods` and `paths`"),
        );
    }
    if !security(spec, target).enforces(Enforce::AuthorizationPolicy) {
        problems.push(
            Problem::error(
                place,
                format!("a network policy knows no `{what}`: this would be open to every request"),
            )
            .help("add `AuthorizationPolicy` to `security.enforce`"),
        );
    }
    match spec.mesh_mode(target.namespace()) {
        MeshMode::Sidecar => {}
        MeshMode::Ambient => problems.push(
            Problem::error(place, format!("in ambient mode nobody reads `{what}` without a waypoint"))
                .help("use `mesh: sidecar` for this namespace, or leave it to ports"),
        ),
        MeshMode::None => problems.push(
            Problem::error(place, format!("`{target}` is not in the mesh: nobody reads `{what}`"))
                .help("use `mesh: sidecar`"),
        ),
    }
    // A rule with HTTP fields never admits raw TCP. Source: istio `pilot/pkg/security/authz/model`.
    for port in rule.ports.iter().flat_map(|p| p.iter()) {
        if let Some(name) = port_name(spec, target, port)
            && !is_http(&name)
        {
            problems.push(
                Problem::error(
                    port.place,
                    format!(
                        "`{name}` is no HTTP port by its name, so a rule with `{what}` never admits on it"
                    ),
                )
                .help("start its name with `http`, `http2` or `grpc`"),
            );
        }
    }
}

fn port_name(spec: &Spec, target: &Workloads, port: &PortRef) -> Option<String> {
    match (port, target) {
        (PortRef::Name(name), _) => Some(name.to_string()),
        (PortRef::Number(number), Workloads::One(workload)) => {
            let ports = &spec.workloads.get(workload)?.ports;
            ports.iter().find(|(_, p)| p.port == *number).map(|(name, _)| name.to_string())
        }
        (PortRef::Number(_), Workloads::All(_)) => None,
    }
}

/// Whether Istio takes a port for HTTP by its name.
///
/// Source: istio `pkg/config/kube/conversion.go`.
pub(super) fn is_http(port: &str) -> bool {
    port.starts_with("grpc-web") || matches!(port.split('-').next(), Some("http" | "http2" | "grpc"))
}

/// An `AuthorizationPolicy` knows callers by their certificate.
fn identities(
    spec: &Spec,
    accounts: &Accounts<'_>,
    target: &At<Workloads>,
    rule: &Allow,
    problems: &mut Vec<Problem>,
) {
    let meshed = spec.mesh_mode(target.namespace()) != MeshMode::None;
    if !meshed || !security(spec, target).enforces(Enforce::AuthorizationPolicy) {
        return;
    }
    for from in rule.from.iter().flat_map(|f| f.iter()) {
        if spec.namespaces.contains_key(from.namespace())
            && spec.mesh_mode(from.namespace()) == MeshMode::None
        {
            problems.push(
                Problem::error(from.place, format!("`{from}` is not in the mesh, so it has no identity that an AuthorizationPolicy could admit"))
                    .help("mesh its namespace, or say `security: { enforce: [NetworkPolicy] }` for the workload that it calls"),
            );
        }
    }
    if let Some(At { value: Namespaces::Labelled(_), place }) = &rule.from_namespaces {
        problems.push(
            Problem::error(*place, "an AuthorizationPolicy knows namespaces by name, not by label")
                .help("list the names, or say `meshed` or `all`"),
        );
    }
    same_identity(spec, accounts, target, rule, problems);
}

/// The workloads of each service account, by namespace and name.
type Accounts<'s> = BTreeMap<(&'s Name, &'s str), Vec<&'s Name>>;

fn accounts(spec: &Spec) -> Accounts<'_> {
    let mut accounts = Accounts::new();
    for (WorkloadName { namespace, name }, workload) in spec.workloads.iter().map(|(n, w)| (&n.value, w)) {
        accounts.entry((namespace, workload.service_account(name))).or_default().push(name);
    }
    accounts
}

/// Two workloads with one service account are one to an `AuthorizationPolicy`.
fn same_identity(
    spec: &Spec,
    accounts: &Accounts<'_>,
    target: &At<Workloads>,
    rule: &Allow,
    problems: &mut Vec<Problem>,
) {
    for from in rule.from.iter().flat_map(|f| f.iter()) {
        let Workloads::One(name) = &from.value else { continue };
        let Some(workload) = spec.workloads.get(name) else { continue };
        let account = workload.service_account(&name.name);
        let mut others = accounts.get(&(&name.namespace, account)).into_iter().flatten();
        // Where both are admitted anyway, nothing is given away.
        let is_admitted = |other: &Name| {
            rule.from.iter().flat_map(|f| f.iter()).any(|f| match &f.value {
                Workloads::One(one) => one.namespace == name.namespace && one.name == *other,
                Workloads::All(namespace) => *namespace == name.namespace,
            })
        };
        if let Some(other) = others.find(|other| ***other != name.name && !is_admitted(other)) {
            problems.push(
                Problem::warning(
                    from.place,
                    format!("`{}/{other}` has the service account of `{name}`, `{account}`: to an AuthorizationPolicy, who admits one to `{target}` admits both", name.namespace),
                )
                .help("give each its own service account"),
            );
        }
    }
}

fn raw(spec: &Spec, target: &At<Workloads>, raw: &RawSpec, problems: &mut Vec<Problem>) {
    match raw {
        RawSpec::Kubernetes(At { value, place }) => {
            let NetworkPolicySpec { pod_selector, .. } = &**value;
            if pod_selector.is_none() {
                problems.push(
                    Problem::error(
                        *place,
                        "a policy without `podSelector` selects every pod of the namespace",
                    )
                    .help("say so: `podSelector: {}`; or give the labels of the pods"),
                );
            }
        }
        RawSpec::Calico(At { value, place }) => {
            if value.selector.is_none() {
                problems.push(
                    Problem::error(*place, "a policy without `selector` selects every pod of the namespace")
                        .help("say so: `selector: all()`; or select the pods"),
                );
            }
            if !spec.cluster.takes_calico_policies() {
                problems.push(
                    Problem::error(
                        *place,
                        format!("this cluster does not take Calico's policies, and `{target}` has one"),
                    )
                    .help("write it as `kubernetes`"),
                );
            }
        }
    }
}
