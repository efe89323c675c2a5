//! The templates, and where each goes. All of them are in the folder `templates/`.

/// A path in the tree (for a kit: in its folder), and a template or a text.
type Named = (&'static str, &'static str);

macro_rules! named {
    ($path:literal from $template:literal) => {
        ($path, include_str!(concat!("../../../templates/", $template)))
    };
}

/// What is sourced, not run.
pub(crate) const SOURCED: &[Named] =
    &[named!("env.sh" from "env.sh.j2"), named!("scripts/lib.sh" from "scripts/lib.sh.j2")];

/// Scripts for every cluster.
pub(crate) const ALWAYS: &[Named] = &[
    named!("scripts/install_istio.sh" from "scripts/install_istio.sh.j2"),
    named!("scripts/deploy.sh" from "scripts/deploy.sh.j2"),
    named!("scripts/addresses.sh" from "scripts/addresses.sh.j2"),
    named!("scripts/clean_up.sh" from "scripts/clean_up.sh.j2"),
];

/// Scripts for AKS alone.
pub(crate) const AKS: &[Named] =
    &[named!("scripts/create_resource_group.sh" from "scripts/create_resource_group.sh.j2")];

/// Scripts for a cluster that is made here.
pub(crate) const MADE: &[Named] = &[
    named!("scripts/create_registry.sh" from "scripts/create_registry.sh.j2"),
    named!("scripts/create_cluster.sh" from "scripts/create_cluster.sh.j2"),
    named!("scripts/get_credentials.sh" from "scripts/get_credentials.sh.j2"),
    named!("scripts/login_server.sh" from "scripts/login_server.sh.j2"),
];

/// Scripts that send traffic.
pub(crate) const TRAFFIC: &[Named] = &[
    named!("scripts/traffic.sh" from "scripts/traffic.sh.j2"),
    named!("scripts/test_3.sh" from "scripts/test_3.sh.j2"),
];

/// One for each group of claims.
pub(crate) const TEST: &str = include_str!("../../../templates/scripts/test.sh.j2");

/// The tree's README.
pub(crate) const README: Named = named!("README.md" from "README.md.j2");

/// Templates of a kit.
pub(crate) const KIT: &[Named] = &[
    named!("Dockerfile" from "kit/pydgraph/Dockerfile.j2"),
    named!("Makefile" from "kit/pydgraph/Makefile.j2"),
    named!("README.md" from "kit/pydgraph/README.md.j2"),
    named!("requirements.txt" from "kit/pydgraph/requirements.txt.j2"),
];

/// Data of a kit, byte for byte.
pub(crate) const KIT_DATA: &[Named] = &[
    named!("sw.nquads.rdf" from "kit/pydgraph/sw.nquads.rdf"),
    named!("sw.schema" from "kit/pydgraph/sw.schema"),
];

/// Programs of a kit, byte for byte.
pub(crate) const KIT_PROGRAMS: &[Named] = &[
    named!("load_data.py" from "kit/pydgraph/load_data.py"),
    named!("test_image.sh" from "kit/pydgraph/test_image.sh"),
];
