//! `cluster`: what AKS has retired, and what does not go together.
//!
//! Sources: `articles/aks/includes` of the AKS documentation for the dates, `az aks create` of azure-cli 2.91 for
//! the rest.

use meshgen_yaml::{At, Place, Problem};

use crate::{
    Aks, AksPolicyEngine, Cluster, Dataplane, Kind, LoadBalancerSku, NetworkPlugin, PolicyEngine, Spec,
    VmSetType,
};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    match &spec.cluster {
        Cluster::Aks(aks) => {
            retired(spec, aks, problems);
            combinations(spec, aks, problems);
            nodes(spec, aks, problems);
        }
        Cluster::Kind(kind) => self::kind(spec, kind, problems),
        Cluster::Existing(_) => {}
    }
    if !spec.cluster.enforces_policies() && (!spec.policies.is_empty() || spec.security.deny.is_some()) {
        problems.push(
            Problem::warning(
                spec.project.place,
                "nothing in this cluster enforces network policies: they will have no effect",
            )
            .help("choose a `networkPolicy` engine under `cluster`"),
        );
    }
}

/// The place of what was said, or where the spec begins for what was not.
fn place<T>(spec: &Spec, at: &At<T>) -> Place {
    if at.place == At::<T>::NOWHERE { spec.project.place } else { at.place }
}

fn retired(spec: &Spec, aks: &Aks, problems: &mut Vec<Problem>) {
    let plugin = (aks.network_plugin.value == NetworkPlugin::Kubenet).then(|| {
        (
            place(spec, &aks.network_plugin),
            "`kubenet` is retired on 2028-03-31",
            "use `networkPlugin: azure` with `networkPluginMode: overlay`",
        )
    });
    let engine = (aks.network_policy.value == AksPolicyEngine::Azure).then(|| {
        (
            place(spec, &aks.network_policy),
            "Azure's network policy manager is retired: on Windows since 2026-09-30, on Linux on 2028-09-30",
            "use `calico`, or `cilium` with `networkDataplane: cilium`",
        )
    });
    let balancer = aks.load_balancer_sku.as_ref().filter(|s| s.value == LoadBalancerSku::Basic).map(|s| {
        (s.place, "the `basic` load balancer is retired since 2025-09-30", "use `standard`, or leave it out")
    });
    let machines = aks.vm_set_type.as_ref().filter(|v| v.value == VmSetType::AvailabilitySet).map(|v| {
        (
            v.place,
            "availability sets are retired since 2025-09-30",
            "use `VirtualMachineScaleSets`, or leave it out",
        )
    });
    for (place, what, instead) in [plugin, engine, balancer, machines].into_iter().flatten() {
        problems.push(Problem::error(place, what).help(instead));
    }
}

fn combinations(spec: &Spec, aks: &Aks, problems: &mut Vec<Problem>) {
    let plugin = aks.network_plugin.value;
    let engine = &aks.network_policy;
    let dataplane = &aks.network_dataplane;
    if (engine.value == AksPolicyEngine::Cilium) != (dataplane.value == Dataplane::Cilium) {
        let at =
            if dataplane.place == At::<Dataplane>::NOWHERE { place(spec, engine) } else { dataplane.place };
        problems.push(
            Problem::error(at, "on AKS, Cilium moves packets and enforces policies, or neither")
                .help("say both `networkDataplane: cilium` and `networkPolicy: cilium`"),
        );
    }
    if dataplane.value == Dataplane::Cilium && plugin != NetworkPlugin::Azure {
        problems.push(
            Problem::error(place(spec, dataplane), "the dataplane of Cilium needs `networkPlugin: azure`")
                .help("leave `networkPlugin` out"),
        );
    }
    if let Some(mode) = &aks.network_plugin_mode
        && plugin != NetworkPlugin::Azure
    {
        problems.push(
            Problem::error(mode.place, "`networkPluginMode` is a mode of `networkPlugin: azure`")
                .help("leave it out, or use `networkPlugin: azure`"),
        );
    }
    if plugin == NetworkPlugin::None && engine.value != AksPolicyEngine::None {
        problems.push(
            Problem::error(
                place(spec, &aks.network_plugin),
                "a network plugin of your own brings its own policy engine: AKS installs none beside it",
            )
            .help("say `networkPolicy: none`, and after its installation `cluster: { existing: … }`"),
        );
    }
}

fn nodes(spec: &Spec, aks: &Aks, problems: &mut Vec<Problem>) {
    if spec.azure_registry().is_none() {
        problems.push(
            Problem::error(
                spec.project.place,
                format!("`{}` gives no name for a registry of Azure", spec.project),
            )
            .help("say `registry` under `cluster.aks`: 5 to 50 of a-z and 0-9"),
        );
    }
    if !(1..=5000).contains(&aks.nodes.count.value) {
        problems.push(Problem::error(
            place(spec, &aks.nodes.count),
            format!("`{}` is not a number of nodes: use 1 to 5000", aks.nodes.count),
        ));
    }
    for (i, zone) in aks.nodes.zones.iter().enumerate() {
        if !(1..=3).contains(&zone.value) {
            problems.push(Problem::error(zone.place, format!("`{zone}` is not a zone: use 1, 2 and 3")));
        } else if aks.nodes.zones.iter().take(i).any(|z| z.value == zone.value) {
            problems.push(Problem::error(zone.place, format!("the zone `{zone}` is there twice")));
        }
    }
}

fn kind(spec: &Spec, kind: &Kind, problems: &mut Vec<Problem>) {
    match kind.network_policy.value {
        PolicyEngine::Calico | PolicyEngine::Kindnet => {}
        PolicyEngine::Cilium | PolicyEngine::Other | PolicyEngine::None => problems.push(
            Problem::error(
                place(spec, &kind.network_policy),
                "on kind, meshgen installs Calico, or leaves kind's own network",
            )
            .help("use `calico` or `kindnet`; for another one: `cluster: { existing: … }`"),
        ),
    }
    if kind.registry.port.value < 1024 {
        problems.push(
            Problem::error(
                place(spec, &kind.registry.port),
                format!("`{}` is a port of the system", kind.registry.port),
            )
            .help("use 1024 to 65535, such as 5001"),
        );
    }
    if kind.workers > 100 {
        problems.push(Problem::error(
            spec.project.place,
            format!("`{}` workers are too many for one machine", kind.workers),
        ));
    }
}
