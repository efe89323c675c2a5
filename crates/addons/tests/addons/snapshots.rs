//! Each addon as the YAML that it becomes, and as what its programs are told.

use std::collections::BTreeMap;

use meshgen_addons::{Addon, Addons, PrometheusVariant, Zipkin};
use meshgen_bundle::Object;

use crate::common;

const NEWEST: &str = "1.31.1";

/// The objects, without what is in `ConfigMaps`: that has snapshots of its own.
fn yaml(addon: &Addon) -> String {
    let documents = addon.objects.iter().map(|object| match object {
        Object::ConfigMap(map) => {
            let mut map = map.clone();
            for text in map.data.iter_mut().flat_map(BTreeMap::values_mut) {
                "(elsewhere)".clone_into(text);
            }
            meshgen_yaml::to_string(&map).unwrap()
        }
        other => meshgen_yaml::to_string(other).unwrap(),
    });
    documents.collect::<Vec<_>>().join("---\n")
}

fn only(addons: &Addons) -> Addon {
    common::of(NEWEST, addons).pop().unwrap()
}

#[test]
fn objects_of_each_addon() {
    for addon in common::of(NEWEST, &common::all()) {
        insta::assert_snapshot!(addon.name, yaml(&addon));
    }
    let zipkin = Addons { zipkin: Some(Zipkin::default()), ..Addons::default() };
    insta::assert_snapshot!("zipkin", yaml(&only(&zipkin)));
}

#[test]
fn objects_of_each_variant_of_prometheus() {
    for variant in [PrometheusVariant::SecureMetrics, PrometheusVariant::Vm, PrometheusVariant::VmTls] {
        let addon = only(&common::prometheus(variant));
        insta::assert_snapshot!(addon.name, yaml(&addon));
    }
}

#[test]
fn what_programs_are_told() {
    let mut addons = common::of(NEWEST, &common::all());
    for variant in [PrometheusVariant::SecureMetrics, PrometheusVariant::VmTls] {
        addons.push(only(&common::prometheus(variant)));
    }
    for addon in &addons {
        for (map, key, text) in common::files(addon) {
            insta::assert_snapshot!(format!("{}@{map}@{key}", addon.name), text);
        }
    }
}
