//! Pods as the judge of the mesh counts them, for rules that start from there.

use std::collections::BTreeSet;

use meshgen_mesh::{Attribute, AuthorizationPolicy, Condition, Membership, Pod, Rule as AuthorizationRule};
use meshgen_reach::{Direction, Policy};
use meshgen_yaml::Node;

use crate::{Document, Fields, Object, Seen};

impl<'a> Seen<'a> {
    /// `ns/name[Kind]` of a pod of the mesh.
    pub(crate) fn called(&self, pod: usize) -> String {
        let name = |p: &Pod| format!("{}/{}[{}]", p.namespace, p.name, p.kind);
        self.mesh().pods.get(pod).map(name).unwrap_or_default()
    }

    /// The pods of the mesh that are so in it; also those that are only assumed.
    pub(crate) fn members(&self, wanted: Membership) -> impl Iterator<Item = (usize, &'a Pod)> + '_ {
        let all = (0..).zip(&self.mesh().pods);
        all.filter(move |(n, _)| self.mesh().membership(*n) == wanted)
    }

    /// The pods with a sidecar.
    pub(crate) fn sidecars(&self) -> impl Iterator<Item = (usize, &'a Pod)> + '_ {
        self.members(Membership::Sidecar)
    }

    /// The pods of the mesh, by sidecar or by the proxy of their node.
    pub(crate) fn meshed(&self) -> impl Iterator<Item = (usize, &'a Pod)> + '_ {
        self.sidecars().chain(self.members(Membership::Ambient))
    }

    /// The TCP ports of a pod of the mesh.
    pub(crate) fn ports_of(&self, pod: usize) -> BTreeSet<u16> {
        self.on_network(pod).map(|n| self.ports(n)).unwrap_or_default()
    }

    /// The object of a pod of the mesh, and in it the pod or the template for it; none if it is only assumed.
    pub(crate) fn template(&self, pod: usize) -> Option<(&Document, &Node)> {
        let p = self.mesh().pods.get(pod)?;
        let document = self.document(p.place)?;
        let node = match p.kind.as_str() {
            "Pod" => Some(&document.node),
            "CronJob" => document.node.path(&["spec", "jobTemplate", "spec", "template"]),
            _ => document.node.path(&["spec", "template"]),
        };
        node.map(|node| (document, node))
    }

    /// The network policies that bind a pod of the network judge in a direction.
    pub(crate) fn binding(&self, pod: usize, direction: Direction) -> Vec<&'a Policy> {
        self.policies_of(pod).filter(|policy| policy.rules(direction).is_some()).collect()
    }

    /// The authorization policies that bind a pod of the mesh and do more than record.
    pub(crate) fn enforced(&self, pod: usize) -> Vec<&'a AuthorizationPolicy> {
        self.mesh().bound(pod).into_iter().filter(|p| is_enforced(p)).collect()
    }
}

/// Groups of custom resources of which no pods are made; those of Kubernetes itself end in `.k8s.io` or have no dot.
const PODLESS: [&str; 22] = [
    "networking.istio.io",
    "security.istio.io",
    "telemetry.istio.io",
    "extensions.istio.io",
    "projectcalico.org",
    "crd.projectcalico.org",
    "cilium.io",
    "cert-manager.io",
    "external-secrets.io",
    "bitnami.com",
    "kyverno.io",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "policy.linkerd.io",
    "traefik.io",
    "configuration.konghq.com",
    "projectcontour.io",
    "route.openshift.io",
    "security.openshift.io",
    "source.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
];

/// Kinds of the operator of Prometheus that only tell it what to scrape.
const SCRAPED: [&str; 6] =
    ["ServiceMonitor", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "AlertmanagerConfig"];

/// Kinds of which anything may be made, anywhere: they apply other manifests.
const APPLYING: [&str; 4] = ["Application", "ApplicationSet", "HelmRelease", "Kustomization"];

impl Seen<'_> {
    /// Whether pods may come into a namespace, or into any, that nobody sees here: a custom resource makes them.
    pub(crate) fn may_be_made(&self, namespace: Option<&str>) -> bool {
        self.documents.iter().filter(|d| makes_pods(d)).any(|d| {
            let here = namespace.is_none_or(|name| d.object.namespace.as_deref() == Some(name));
            let known = || self.mesh().pods.iter().any(|p| p.place == d.node.place);
            (here || APPLYING.contains(&d.object.kind.as_str())) && !known()
        })
    }
}

fn makes_pods(document: &Document) -> bool {
    let Object { group, kind, .. } = &document.object;
    let built_in = !group.contains('.') || group.ends_with(".k8s.io");
    let scraped = group == "monitoring.coreos.com" && SCRAPED.contains(&kind.as_str());
    !built_in && !scraped && !PODLESS.contains(&group.as_str())
}

/// Whether a policy does more than record what it would do (I1).
pub(crate) fn is_enforced(policy: &AuthorizationPolicy) -> bool {
    policy.action != meshgen_mesh::Action::Audit && !policy.dry_run
}

/// Whether a rule of an authorization policy may match on a port of a pod, by the ports that it names.
pub(crate) fn is_about(rule: &AuthorizationRule, port: u16) -> bool {
    let is = |value: &String| value.parse() == Ok(port);
    let fits = |c: &Condition| {
        let one = c.values.is_empty() || c.values.iter().any(is);
        c.attribute != Attribute::Port || (one && !c.not_values.iter().any(is))
    };
    let operation = rule.to.is_empty() || rule.to.iter().any(|operation| operation.iter().all(fits));
    operation && rule.when.iter().all(fits)
}

/// Containers of a pod or template, those that only start first among them.
pub(crate) fn containers(pod: &Node) -> impl Iterator<Item = &Node> {
    pod.list(&["spec", "containers"]).iter().chain(pod.list(&["spec", "initContainers"]))
}

/// What a container is told: its command, its arguments, and its environment.
pub(crate) fn words(container: &Node) -> impl Iterator<Item = &Node> {
    let told = container.list(&["command"]).iter().chain(container.list(&["args"]));
    told.chain(container.list(&["env"]).iter().filter_map(|e| e.path(&["value"])))
}

/// The variables of a container, by name; what stands elsewhere (in a Secret, …) has no value here.
pub(crate) fn environment(container: &Node) -> impl Iterator<Item = (&str, Option<&Node>)> {
    container.list(&["env"]).iter().filter_map(|e| Some((e.text(&["name"])?, e.path(&["value"]))))
}

/// The text of a node, if it has one.
pub(crate) fn text(node: &Node) -> Option<&str> {
    node.scalar().map(|s| &*s.text)
}

/// The word for one, or for several.
pub(crate) fn word<T>(all: &[T], one: &'static str, several: &'static str) -> &'static str {
    if all.len() == 1 { one } else { several }
}

/// Names for people: each in backticks, and no more than a few.
pub(crate) fn names<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 4;
    let all: Vec<String> = all.into_iter().map(|n| format!("`{}`", n.as_ref())).collect();
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
