//! Workloads whose image is built here: a chart of ours for each, since only whoever deploys knows the registry.
//!
//! The same workload in several namespaces is one chart and one release: `helmfile --namespace` says which.

use std::collections::BTreeMap;

use meshgen_bundle::{
    ChartTemplate, Content, Data, EnvPiece, Object, Only, Part, Piece, Template, Value,
    data::{Chart, Helmfile, Release},
};
use meshgen_spec::{Kit, Name, Spec};
use meshgen_yaml::Place;

use crate::{files::Files, workloads};

/// The same workload, in each of its namespaces.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) name: &'a Name,
    pub(crate) namespaces: Vec<&'a Name>,
    /// Of all namespaces.
    objects: Vec<Object>,
    /// Those of one, without a namespace.
    anywhere: Vec<Object>,
    place: Place,
}

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (kit, groups) in kits(spec) {
        let folder = files.folder(kit.name());
        let alone = groups.len() == 1;
        let mut releases = Vec::new();
        for group in &groups {
            let chart = chart_folder(group, alone);
            releases.extend(self::releases(group, alone, &chart));
            self::chart(spec, kit, group, &format!("{folder}/{chart}"), files);
        }
        let place = groups.first().map_or(spec.project.place, |g| g.place);
        let path = format!("{folder}/helmfile.yaml");
        let state = Helmfile { repositories: Vec::new(), releases };
        files.file(Part::Workloads, path.clone(), Content::Data(vec![Data::Helmfile(state)]), place);
        files.comment(path, comment(&groups, alone));
        files.file(
            Part::Workloads,
            format!("{folder}/values.yaml.gotmpl"),
            Content::Gotmpl(values(kit)),
            place,
        );
    }
}

/// The workloads that are built, by kit.
pub(crate) fn kits(spec: &Spec) -> BTreeMap<Kit, Vec<Group<'_>>> {
    let mut kits: BTreeMap<Kit, Vec<Group<'_>>> = BTreeMap::new();
    for (at, workload) in &spec.workloads {
        let Some(kit) = &workload.build else { continue };
        let objects = workloads::objects(spec, &at.value, workload, &image(spec, kit.value), Some(kit.tag()));
        let anywhere = objects.iter().cloned().map(without_namespace).collect::<Vec<_>>();
        let groups = kits.entry(kit.value).or_default();
        let same = groups.iter_mut().find(|g| *g.name == at.name && g.anywhere == anywhere);
        if let Some(group) = same {
            group.namespaces.push(&at.value.namespace);
            group.objects.extend(objects);
        } else {
            let (name, namespaces) = (&at.value.name, vec![&at.value.namespace]);
            groups.push(Group { name, namespaces, objects, anywhere, place: at.place });
        }
    }
    kits
}

/// The image of a kit, in the registry of the cluster. The checks of the spec see to it that there is one.
fn image(spec: &Spec, kit: Kit) -> String {
    let registry = spec.registry().unwrap_or_default();
    format!("{registry}/{}:{}", kit.image(), kit.tag())
}

fn without_namespace(mut object: Object) -> Object {
    object.metadata_mut().namespace = None;
    object
}

fn chart_folder(group: &Group<'_>, alone: bool) -> String {
    match group.namespaces.first() {
        Some(namespace) if !alone => format!("charts/{namespace}-{}", group.name),
        _ => "chart".to_owned(),
    }
}

fn releases(group: &Group<'_>, alone: bool, chart: &str) -> Vec<Release> {
    let release = |namespace: &&Name| Release {
        name: group.name.to_string(),
        namespace: namespace.to_string(),
        chart: format!("./{chart}"),
        create_namespace: false,
        values: vec!["values.yaml.gotmpl".to_owned()],
        ..Release::default()
    };
    group.namespaces.iter().take(if alone { 1 } else { usize::MAX }).map(release).collect()
}

fn comment(groups: &[Group<'_>], alone: bool) -> Vec<String> {
    let [group] = groups else { return Vec::new() };
    if !alone || group.namespaces.len() < 2 {
        return Vec::new();
    }
    let mut lines =
        vec!["The same in several namespaces; without `--namespace` only in the first of them:".to_owned()];
    lines.extend(
        group.namespaces.iter().map(|n| format!("  helmfile --namespace {n} --file helmfile.yaml apply")),
    );
    lines
}

fn chart(spec: &Spec, kit: Kit, group: &Group<'_>, folder: &str, files: &mut Files) {
    let chart = Chart {
        api_version: "v2".to_owned(),
        name: group.name.to_string(),
        description: format!("{}, as the project {} has it", group.name, spec.project),
        kind: "application".to_owned(),
        version: kit.tag().to_owned(),
        app_version: Some(kit.tag().to_owned()),
        ..Chart::default()
    };
    let image = image(spec, kit);
    let values = Value::map([("image", Value::text(image.clone()))]);
    let template = ChartTemplate { objects: group.objects.clone(), image };
    for (file, content) in [
        ("Chart.yaml", Content::Data(vec![Data::Chart(chart)])),
        ("values.yaml", Content::Data(vec![Data::Value(values)])),
        ("templates/workload.yaml", Content::ChartTemplate(template)),
    ] {
        files.file(Part::Workloads, format!("{folder}/{file}"), content, group.place);
    }
}

/// The registry is known where it is deployed: Azure may give it another host than its name says.
fn values(kit: Kit) -> Value {
    let registry =
        EnvPiece { name: "REGISTRY".to_owned(), default: None, only: Only::Anything, quoted: false };
    let pieces = vec![Piece::Env(registry), Piece::Text(format!("/{}:{}", kit.image(), kit.tag()))];
    Value::map([("image", Value::Template(Template { pieces, base64: false }))])
}
