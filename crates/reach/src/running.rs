//! What becomes of pods on their way into the cluster: whoever changes or makes them says so here.

use std::collections::BTreeMap;

use crate::{Cluster, ContainerPort, Labels, Manifests, Pod, Values, Workload, cluster::Namespace};

impl Manifests {
    /// Gives a pod the labels that it has once it runs: policies and Services select by these. Of those that are not
    /// sure it is said what may stand there.
    pub fn relabel(&mut self, pod: usize, labels: Labels, unsure: BTreeMap<String, Values>) {
        if let Some(pod) = self.cluster.pods.get_mut(pod) {
            pod.labels = labels;
            pod.unsure.extend(unsure);
            pod.unsure.retain(|key, _| !pod.labels.contains_key(key));
        }
    }

    /// Gives a pod a further port, unless it has that already: policies know ports by name.
    pub fn expose(&mut self, pod: usize, port: ContainerPort) {
        if let Some(pod) = self.cluster.pods.get_mut(pod)
            && !pod.ports.iter().any(|p| ContainerPort { added: port.added, ..p.clone() } == port)
        {
            pod.ports.push(port);
        }
    }

    /// Adds pods that the cluster makes by itself for an object that was read. The number of their workload is given
    /// anew.
    pub fn make(&mut self, workload: Workload, pod: Pod) {
        self.cluster.insert(workload, pod);
    }
}

impl Cluster {
    /// Workloads stay in their order, and pods in the order of their workloads.
    fn insert(&mut self, workload: Workload, pod: Pod) {
        let key = |w: &Workload| (w.namespace.clone(), w.name.clone(), w.kind.clone());
        let at = self.workloads.partition_point(|w| key(w) < key(&workload));
        for pod in self.pods.iter_mut().filter(|p| p.workload >= at) {
            pod.workload += 1;
        }
        let before = self.pods.partition_point(|p| p.workload < at);
        self.pods.insert(before, Pod { workload: at, ..pod });
        let name = &workload.namespace;
        let labels = [("kubernetes.io/metadata.name".to_owned(), name.clone())].into();
        self.namespaces.entry(name.clone()).or_insert(Namespace { labels, place: None });
        self.workloads.insert(at, workload);
    }
}
