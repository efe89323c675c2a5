//! Claims of the spec as probes: one script a group, one probe for each client and port.
//!
//! Only what a container can ask is here. What is said of all clients at once (`onlyFrom`, `onlyVia`), of
//! namespaces or of the outside is for the judge.

use meshgen_bundle::{Bundle, Object, Part};
use meshgen_scripts::context::{Client, Expect, ObjectRef, Probe, ProbedClaim, Test};
use meshgen_spec::{
    Claim, Expectation, HttpMethod, LayerKind, MeshMode, Name, Origin, Outcome, Path, PortRef, Spec,
    Workload, WorkloadName, Workloads,
};
use meshgen_yaml::At;

use super::{deploy, words::Words};

/// Where the client's image has Dgraph's definitions.
const PROTO: &str = "api.proto";

pub(super) fn tests(spec: &Spec, bundle: &Bundle, words: &mut Words) -> Vec<Test> {
    let late = deploy::late(spec);
    let mut is_applied = late.is_empty();
    let mut all = Vec::new();
    for (name, group) in &spec.expect {
        let claims: Vec<ProbedClaim> =
            group.claims.iter().flat_map(|claim| probes(spec, claim, words)).collect();
        if claims.is_empty() {
            continue;
        }
        let mut test = Test {
            script: match words.word(&format!("scripts/{}.sh", name.as_str().replace('-', "_")), name.place) {
                Some(script) => script,
                None => continue,
            },
            title: match title(name, group, words) {
                Some(title) => title,
                None => continue,
            },
            absent: Vec::new(),
            present: Vec::new(),
            apply: Vec::new(),
            claims,
        };
        let objects = objects(spec, bundle, group, words);
        if !group.without.is_empty() {
            test.absent = objects;
        } else if is_applied {
            test.present = objects;
        } else {
            is_applied = true;
            for object in objects {
                if !test.apply.contains(&object.file) {
                    test.apply.push(object.file);
                }
            }
        }
        all.push(test);
    }
    all
}

fn title(name: &At<Name>, group: &Expectation, words: &mut Words) -> Option<meshgen_scripts::word::Line> {
    match &group.title {
        Some(title) => words.word(title.as_str(), title.place),
        None => {
            let without: Vec<&str> = group.without.iter().map(|k| word(*k)).collect();
            let text = if without.is_empty() {
                format!("{name}, with everything in place")
            } else {
                format!("{name}, without {}", without.join(" and "))
            };
            words.word(&text, name.place)
        }
    }
}

fn word(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::NetworkPolicy => "NetworkPolicy",
        LayerKind::AuthorizationPolicy => "AuthorizationPolicy",
        LayerKind::PeerAuthentication => "PeerAuthentication",
    }
}

/// The objects that decide in the namespaces of the servers: those that a group is without, or network policies.
fn objects(spec: &Spec, bundle: &Bundle, group: &Expectation, words: &mut Words) -> Vec<ObjectRef> {
    let namespaces: Vec<&str> = group.claims.iter().map(|c| c.to.namespace().as_str()).collect();
    let kinds: &[LayerKind] =
        if group.without.is_empty() { &[LayerKind::NetworkPolicy] } else { &group.without };
    let mut all = Vec::new();
    for file in bundle.files.iter().filter(|f| matches!(f.part, Part::Policies | Part::Mesh)) {
        for object in file.objects() {
            let Some((kind, resource)) = resource(object) else { continue };
            let metadata = object.metadata();
            let (Some(namespace), Some(name)) = (&metadata.namespace, &metadata.name) else { continue };
            if !kinds.contains(&kind) || !namespaces.contains(&namespace.as_str()) {
                continue;
            }
            let place = spec.project.place;
            let parts = (
                words.word(resource, place),
                words.word(namespace, place),
                words.word(name, place),
                words.word(file.path.as_str(), place),
            );
            if let (Some(resource), Some(namespace), Some(name), Some(file)) = parts {
                all.push(ObjectRef { resource, namespace, name, file });
            }
        }
    }
    all
}

/// What kubectl calls an object that decides who reaches whom.
fn resource(object: &Object) -> Option<(LayerKind, &'static str)> {
    match object {
        Object::NetworkPolicy(_) => Some((LayerKind::NetworkPolicy, "networkpolicies.networking.k8s.io")),
        Object::CalicoNetworkPolicy(_) => {
            Some((LayerKind::NetworkPolicy, "networkpolicies.projectcalico.org"))
        }
        Object::AuthorizationPolicy(_) => {
            Some((LayerKind::AuthorizationPolicy, "authorizationpolicies.security.istio.io"))
        }
        Object::PeerAuthentication(_) => {
            Some((LayerKind::PeerAuthentication, "peerauthentications.security.istio.io"))
        }
        Object::Namespace(_)
        | Object::ServiceAccount(_)
        | Object::ConfigMap(_)
        | Object::PersistentVolumeClaim(_)
        | Object::Service(_)
        | Object::Deployment(_)
        | Object::StatefulSet(_)
        | Object::DaemonSet(_)
        | Object::Role(_)
        | Object::RoleBinding(_)
        | Object::ClusterRole(_)
        | Object::ClusterRoleBinding(_)
        | Object::ServiceEntry(_) => None,
    }
}

fn probes(spec: &Spec, claim: &Claim, words: &mut Words) -> Vec<ProbedClaim> {
    let (Some(from), Some(outcome)) = (&claim.from, claim.is) else { return Vec::new() };
    let mut all = Vec::new();
    for client in from.iter().flat_map(|from| named(spec, from)) {
        for server in named(spec, &claim.to) {
            all.extend(ports(claim, server.1).filter_map(|(name, port)| {
                Some(ProbedClaim {
                    from: self::client(spec, client, words)?,
                    to_host: words.word(&host(server), server.0.place)?,
                    port: port.service,
                    probe: probe(spec, claim, client.1, server, name, words)?,
                    expect: expect(outcome),
                })
            }));
        }
    }
    all
}

type Named<'a> = (&'a At<WorkloadName>, &'a Workload);

fn named<'a>(spec: &'a Spec, which: &'a Workloads) -> Vec<Named<'a>> {
    let all = spec.workloads.iter().filter(|(name, _)| match which {
        Workloads::One(one) => name.value == *one,
        Workloads::All(namespace) => name.value.namespace == *namespace,
    });
    all.collect()
}

/// The ports that are meant and that are on the Service in front.
fn ports<'a>(
    claim: &'a Claim,
    server: &'a Workload,
) -> impl Iterator<Item = (&'a meshgen_spec::PortName, meshgen_spec::Port)> {
    let meant = |name: &meshgen_spec::PortName, port: u16| {
        claim.ports.is_empty()
            || claim.ports.iter().any(|p| match &p.value {
                PortRef::Name(n) => n == name,
                PortRef::Number(n) => *n == port,
            })
    };
    let on_service = |name: &meshgen_spec::PortName| {
        // Dgraph's alphas call each other on a port that only the headless Service has.
        !(matches!(server.origin, Origin::Release(_)) && name.as_str() == "grpc-alpha-int")
    };
    server
        .ports
        .iter()
        .filter(move |(name, port)| meant(name, port.port) && on_service(name))
        .map(|(name, port)| (&name.value, *port))
}

/// The host name of the Service in front of a workload.
pub(super) fn host((name, workload): Named<'_>) -> String {
    format!("{}.{}.svc.cluster.local", workload.service(&name.value.name), name.value.namespace)
}

pub(super) fn client(spec: &Spec, (name, workload): Named<'_>, words: &mut Words) -> Option<Client> {
    Some(Client {
        workload: deploy::workload(name, workload, words)?,
        container: None,
        sidecar: spec.mesh_mode(&name.value.namespace) == MeshMode::Sidecar,
    })
}

/// What a port speaks, by its name, as Istio takes it.
fn probe(
    spec: &Spec,
    claim: &Claim,
    client: &Workload,
    server: Named<'_>,
    port: &meshgen_spec::PortName,
    words: &mut Words,
) -> Option<Probe> {
    let place = claim.to.place;
    let is_dgraph = is_dgraph(spec, server.1);
    match port.as_str().split('-').next() {
        Some("http" | "http2") => {
            let default =
                if is_dgraph { "/health" } else { server.1.health.as_ref().map_or("/", |h| h.as_str()) };
            let path = claim.path.as_ref().map_or(default, Path::as_str).trim_end_matches('*');
            let method = claim.method.unwrap_or(HttpMethod::Get);
            Some(Probe::Http { method: words.word(method.as_str(), place)?, path: words.word(path, place)? })
        }
        Some("grpc") => {
            let default = if is_dgraph { "/api.Dgraph/CheckVersion" } else { "/grpc.health.v1.Health/Check" };
            let path = claim.path.as_ref().map_or(default, Path::as_str);
            Some(Probe::Grpc {
                method: path.trim_start_matches('/').parse().ok()?,
                proto: if client.build.is_some() && is_dgraph { words.word(PROTO, place) } else { None },
            })
        }
        _ => Some(Probe::Tcp),
    }
}

pub(super) fn is_dgraph(spec: &Spec, server: &Workload) -> bool {
    match &server.origin {
        Origin::Release(release) => spec.releases.get(release).is_some_and(|r| r.dgraph.is_some()),
        Origin::Spec | Origin::Addon => false,
    }
}

fn expect(outcome: Outcome) -> Expect {
    match outcome {
        Outcome::Open => Expect::Open,
        Outcome::Timeout => Expect::Timeout,
        Outcome::Reset => Expect::Reset,
        Outcome::Closed => Expect::Closed,
        Outcome::Forbidden => Expect::Forbidden,
        Outcome::Unavailable => Expect::Unavailable,
    }
}
