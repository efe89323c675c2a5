//! Workloads of releases, and those of other people.

use k8s_openapi::api::core::v1::ServiceAccount;
use meshgen_spec::{Origin, Spec, WorkloadName};

use super::pods::{Pods, Port, meta, service};
use crate::{
    files::Files,
    labels::{self, Labels},
};

/// One after the other, each with its Service and its service account.
pub(super) fn plan(spec: &Spec, files: &mut Files) {
    // The objects of addons are rendered.
    for (name, workload) in spec.workloads.iter().filter(|(_, w)| w.origin != Origin::Addon) {
        let Some(existing) = &workload.existing else { continue };
        let member = member(spec, name, &workload.origin);
        let ports: Vec<Port> = workload
            .ports
            .iter()
            .map(|(n, p)| Port {
                name: n.to_string(),
                port: p.port,
                service: p.service,
                protocol: p.protocol.as_str(),
            })
            .collect();
        let select = labels::of_pods(&name.name, workload);
        services(name, workload, &select, &ports, member.as_ref(), files);
        let more = member.iter().flat_map(|m| &m.pod_labels).map(|(k, v)| (k.to_string(), v.to_string()));
        let pods = Pods {
            namespace: name.namespace.as_str(),
            name: name.name.as_str(),
            kind: existing.kind,
            replicas: member.as_ref().map_or(1, |m| m.replicas.into()),
            account: workload.service_account(&name.name),
            labels: select.clone().into_iter().chain(more).collect(),
            selector: select,
            container: name.name.as_str(),
            ports,
        };
        if spec.namespaces.get(&name.namespace).is_some_and(|n| n.existing) {
            pods.assume(files);
        } else {
            files.assume(ServiceAccount {
                metadata: meta(pods.namespace, pods.account, Labels::new()),
                ..ServiceAccount::default()
            });
            files.assume(pods.object());
        }
    }
}

/// The Service, and the headless one where Dgraph's chart has ports that are only there.
fn services(
    name: &WorkloadName,
    workload: &meshgen_spec::Workload,
    select: &Labels,
    ports: &[Port],
    member: Option<&meshgen_spec::Member>,
    files: &mut Files,
) {
    let is_plain = |p: &&Port| member.is_none_or(|m| m.on_service.contains(&p.name.as_str()));
    let is_headless = |p: &&Port| member.is_some_and(|m| m.on_headless.contains(&p.name.as_str()));
    let plain: Vec<Port> = ports.iter().filter(is_plain).cloned().collect();
    let headless: Vec<Port> = ports.iter().filter(is_headless).cloned().collect();
    let service_name = workload.service(&name.name);
    let namespace = name.namespace.as_str();
    if !plain.is_empty() {
        service(namespace, service_name, select, &plain, false, files);
    }
    if !headless.is_empty() {
        service(namespace, &format!("{service_name}-headless"), select, &headless, true, files);
    }
}

/// What Dgraph's chart says of one of its workloads.
fn member(spec: &Spec, name: &WorkloadName, origin: &Origin) -> Option<meshgen_spec::Member> {
    let Origin::Release(release) = origin else { return None };
    let dgraph = spec.releases.get(release)?.dgraph.as_ref()?;
    dgraph.members(&release.name).into_iter().find(|m| m.name == name.name)
}
