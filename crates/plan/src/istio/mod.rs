//! What installs the mesh: files for istioctl, or Istio's charts in a state file of helmfile.

mod gateways;
mod helm;
mod managed;
pub(crate) mod mesh_config;
mod operator;

use meshgen_bundle::{Content, Data, Part};
use meshgen_spec::{Install, Istio, Name, Spec};

use crate::files::Files;

pub(crate) use gateways::{Direction, Gateway, gateways};

/// Where Istio's images are. Since 1.31 nothing is published to Istio's own registry any more.
/// Source: <https://istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes/>.
const HUB: &str = "docker.io/istio";

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let Some(istio) = &spec.istio else { return };
    if let Some(managed) = &istio.managed {
        managed::plan(spec, managed, files);
    }
    if istio.version.is_none() {
        return;
    }
    match istio.install() {
        Install::Istioctl => {
            let place = istio.version.as_ref().map_or(spec.project.place, |v| v.place);
            let content = |operator| Content::Data(vec![Data::IstioOperator(Box::new(operator))]);
            if let Some((path, version, operator)) = operator::old(spec, istio) {
                files.comment(path.clone(), going(istio, &version, &path));
                files.file(Part::Istio, path, content(operator), place);
            }
            files.file(Part::Istio, operator::PATH, content(operator::current(spec, istio)), place);
        }
        Install::Helm => helm::plan(spec, istio, files),
    }
}

/// The files by which the mesh is installed, in the order in which they are applied.
pub(crate) fn install_files(spec: &Spec) -> Vec<String> {
    let Some(istio) = &spec.istio else { return Vec::new() };
    if istio.managed.is_some() && mesh_config::effective(spec, istio).is_some() {
        return vec![managed::PATH.to_owned()];
    }
    match (&istio.version, istio.install()) {
        (Some(_), Install::Istioctl) => {
            vec![operator::PATH.to_owned()]
        }
        (Some(_), Install::Helm) => vec![helm::PATH.to_owned()],
        (None, _) => Vec::new(),
    }
}

/// What a reader of the old control plane's file must know.
fn going(istio: &Istio, version: &str, path: &str) -> [String; 4] {
    let revision =
        istio.upgrade.as_ref().and_then(|u| u.from.revision.as_ref()).map_or("default", Name::as_str);
    [
        format!(
            "The control plane that goes, for istioctl {version} alone. It is there already; to go back to it:"
        ),
        format!("  istioctl install --filename {path}"),
        "Once no namespace names it and all pods have been made again:".to_owned(),
        format!("  istioctl uninstall --revision {revision}"),
    ]
}

pub(crate) fn hub(istio: &Istio) -> String {
    istio.hub.as_ref().map_or_else(|| HUB.to_owned(), ToString::to_string)
}

pub(crate) fn tag(istio: &Istio) -> String {
    let version = || istio.version.as_ref().map(|v| Istio::full_version(v)).unwrap_or_default();
    istio.tag.as_ref().map_or_else(version, ToString::to_string)
}
