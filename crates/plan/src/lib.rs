//! From a spec to the bundle of objects that it asks for.
//!
//! Pure: a [`Spec`] of which every reference resolves goes in, a [`Bundle`] comes out, always the same one.
//! Each file here plans one kind of thing and does not know the others; [`plan`] puts them in order.

mod addons;
mod assumed;
mod authorization;
mod cluster;
mod deny;
mod egress;
mod external;
mod files;
mod holes;
mod istio;
mod kits;
mod labels;
mod mtls;
mod namespaces;
mod network;
mod policies;
mod releases;
mod text;
mod value;
mod workloads;

use meshgen_bundle::Bundle;
use meshgen_spec::Spec;
use meshgen_yaml::Problem;

pub use files::Origins;
pub use holes::{Holes, holes};

/// Everything that a spec asks for, in the order in which it is applied.
///
/// Fails only when two things that the spec says would be one object.
pub fn plan(spec: &Spec) -> Result<Bundle, Vec<Problem>> {
    plan_with_origins(spec).map(|(bundle, _)| bundle)
}

/// The same, and what in the spec asked for each object.
pub fn plan_with_origins(spec: &Spec) -> Result<(Bundle, Origins), Vec<Problem>> {
    let mut files = files::Files::new(&spec.layout.apps);
    cluster::plan(spec, &mut files);
    istio::plan(spec, &mut files);
    namespaces::plan(spec, &mut files);
    deny::plan(spec, &mut files);
    policies::plan(spec, &mut files);
    egress::plan(spec, &mut files);
    mtls::plan(spec, &mut files);
    authorization::plan(spec, &mut files);
    external::plan(spec, &mut files);
    addons::plan(spec, &mut files);
    releases::plan(spec, &mut files);
    workloads::plan(spec, &mut files);
    kits::plan(spec, &mut files);
    holes::plan(spec, &mut files);
    assumed::plan(spec, &mut files);
    let (mut bundle, origins) = files.into_bundle(spec)?;
    text::add(spec, &mut bundle)?;
    Ok((bundle, origins))
}
