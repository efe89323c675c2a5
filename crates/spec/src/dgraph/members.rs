//! The workloads of Dgraph's chart, as they will run.

use std::collections::BTreeMap;

use meshgen_yaml::At;

use super::Dgraph;
use crate::{LabelKey, LabelValue, Name, Port, PortName, Protocol, WorkloadKind};

/// A workload of the chart, as it will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, and that of its Service.
    pub name: Name,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Labels by which it is told apart.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Further labels of its pods.
    pub pod_labels: BTreeMap<LabelKey, LabelValue>,
    /// Its service account; the namespace's own when none.
    pub service_account: Option<Name>,
    /// How many pods.
    pub replicas: u16,
    /// Its ports.
    pub ports: BTreeMap<PortName, Port>,
    /// Those that are on the Service of its name.
    pub on_service: Vec<&'static str>,
    /// Those that are on its headless Service, by which pods find each other.
    pub on_headless: Vec<&'static str>,
}

impl Dgraph {
    /// The workloads of a release.
    pub fn members(&self, release: &Name) -> Vec<Member> {
        let alpha = Member {
            replicas: self.alpha.replicas.as_ref().map_or(3, |r| r.value),
            pod_labels: self.pod_labels(&self.alpha.pod_labels),
            on_service: vec!["http-alpha", "grpc-alpha"],
            on_headless: vec!["grpc-alpha-int"],
            ..self.member(
                release,
                "alpha",
                WorkloadKind::StatefulSet,
                &[("http-alpha", 8080, 8080), ("grpc-alpha", 9080, 9080), ("grpc-alpha-int", 7080, 7080)],
            )
        };
        let zero = Member {
            replicas: self.zero.replicas.as_ref().map_or(3, |r| r.value),
            pod_labels: self.pod_labels(&self.zero.pod_labels),
            on_service: vec!["grpc-zero", "http-zero"],
            on_headless: vec!["grpc-zero"],
            ..self.member(
                release,
                "zero",
                WorkloadKind::StatefulSet,
                &[("grpc-zero", 5080, 5080), ("http-zero", 6080, 6080)],
            )
        };
        let ratel = self.ratel.as_ref().map(|ratel| Member {
            replicas: ratel.replicas.as_ref().map_or(1, |r| r.value),
            on_service: vec!["http-ratel"],
            ..self.member(release, "ratel", WorkloadKind::Deployment, &[("http-ratel", 8000, 80)])
        });
        [alpha, zero].into_iter().chain(ratel).collect()
    }

    /// The labels of pods: those of all, and over them those of one.
    pub fn pod_labels(&self, own: &BTreeMap<At<LabelKey>, LabelValue>) -> BTreeMap<LabelKey, LabelValue> {
        self.pod_labels.iter().chain(own).map(|(k, v)| (k.value.clone(), v.clone())).collect()
    }

    /// Whether the chart makes a service account. Before 23 it had none, and pods ran as `default`.
    pub fn has_service_account(&self) -> bool {
        self.version.major() >= 23
    }

    fn member(
        &self,
        release: &Name,
        component: &str,
        kind: WorkloadKind,
        ports: &[(&str, u16, u16)],
    ) -> Member {
        // Source: `templates/_helpers.tpl`, `dgraph.fullname`: cut to 24 characters.
        let full: String = format!("{release}-dgraph").chars().take(24).collect();
        let labels = [("app", "dgraph"), ("release", release.as_str()), ("component", component)];
        let labels = labels.into_iter().filter_map(|(k, v)| Some((k.parse().ok()?, v.parse().ok()?)));
        let ports = ports.iter().filter_map(|(name, port, service)| {
            Some((name.parse().ok()?, Port { port: *port, service: *service, protocol: Protocol::Tcp }))
        });
        #[expect(clippy::unwrap_used, reason = "24 characters of a name, and more that are legal in one")]
        let name = format!("{full}-{component}").parse().unwrap();
        Member {
            name,
            kind,
            labels: labels.collect(),
            pod_labels: BTreeMap::new(),
            service_account: self.has_service_account().then(|| "dgraph".parse().ok()).flatten(),
            replicas: 1,
            ports: ports.collect(),
            on_service: Vec::new(),
            on_headless: Vec::new(),
        }
    }
}
