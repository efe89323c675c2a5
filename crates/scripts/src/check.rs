//! What concerns two fields of a context at once. What concerns one is in its type.

use std::collections::BTreeSet;

use meshgen_bundle::File;

use crate::{
    Context, Error,
    context::{Cluster, IstioMode},
};

/// Refuses a context whose files would contradict each other.
pub(crate) fn context(context: &Context) -> Result<(), Error> {
    let names = context.env.iter().map(|v| v.name.to_string());
    unique(names).map_err(Error::SameVariable)?;
    unique(context.kits.iter().map(|k| format!("{}:{}", k.name, k.tag))).map_err(Error::SameImage)?;
    if let Some(one) = context.wait.iter().find(|w| !w.kind.has_rollout()) {
        return Err(Error::NoRollout(one.kind, format!("{}/{}", one.namespace, one.name)));
    }
    addon(context)
}

fn addon(context: &Context) -> Result<(), Error> {
    match context.istio.mode {
        IstioMode::AksAddon if !matches!(context.cluster, Cluster::Aks(_)) => {
            Err(Error::AddonWithout("AKS cluster"))
        }
        IstioMode::AksAddon if context.istio.revision.is_none() => Err(Error::AddonWithout("revision")),
        IstioMode::AksAddon
        | IstioMode::Istioctl
        | IstioMode::Helmfile
        | IstioMode::None
        | IstioMode::Absent => Ok(()),
    }
}

/// Refuses files of which one would overwrite another.
pub(crate) fn paths(files: &[File]) -> Result<(), Error> {
    unique(files.iter().map(|f| f.path.to_string())).map_err(Error::SamePath)
}

/// The first that is there twice.
fn unique(all: impl Iterator<Item = String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for one in all {
        if !seen.insert(one.clone()) {
            return Err(one);
        }
    }
    Ok(())
}
