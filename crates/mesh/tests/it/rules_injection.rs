//! The rules of injection, and where the settings of the mesh come from.

use meshgen_mesh::{Below, By, Call, Client, Labels, Membership, Mesh, Normalization, Outcome, Settings};
use meshgen_yaml::Sources;

fn pod(metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n{metadata}}}\nspec: {{{spec}containers: [{{name: c}}]}}\n"
    )
}

fn namespace(labels: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: n, labels: {{{labels}}}}}\n---\n")
}

fn read(text: &str) -> Mesh {
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text);
    Mesh::read(&sources)
}

fn read_default(text: &str) -> Mesh {
    crate::mesh(text)
}

/// The columns of the table that was seen, for a namespace with these labels: `x` is injected.
fn columns(labels: &str) -> String {
    let inject = "sidecar.istio.io/inject";
    let pods = [
        pod("", ""),
        pod(&format!(", labels: {{{inject}: 'true'}}"), ""),
        pod(&format!(", labels: {{{inject}: 'false'}}"), ""),
        pod(&format!(", annotations: {{{inject}: 'true'}}"), ""),
        pod(&format!(", annotations: {{{inject}: 'false'}}"), ""),
        pod(&format!(", labels: {{{inject}: 'true'}}, annotations: {{{inject}: 'false'}}"), ""),
        pod(", labels: {istio.io/rev: default}", ""),
        pod(&format!(", labels: {{{inject}: 'TRUE'}}"), ""),
        pod("", "hostNetwork: true, "),
    ];
    let is = |p: &String| match read_default(&format!("{}{p}", namespace(labels))).membership(0) {
        Membership::Sidecar => 'x',
        Membership::Plain => '-',
        other => panic!("{other:?}"),
    };
    pods.iter().map(is).collect()
}

#[test]
fn s10_who_is_injected() {
    assert_eq!(columns(""), "-x---xx--");
    for labels in [
        "istio-injection: enabled",
        "istio.io/rev: default",
        "istio-injection: enabled, istio.io/rev: canary",
    ] {
        assert_eq!(columns(labels), "xx-x-xxx-", "{labels}");
    }
    for labels in [
        "istio-injection: disabled",
        "istio.io/rev: canary",
        "istio-injection: disabled, istio.io/rev: default",
    ] {
        assert_eq!(columns(labels), "---------", "{labels}");
    }
}

#[test]
fn s10_namespaces_of_the_system_are_never_injected() {
    let text = format!("{}{}", namespace("istio-injection: enabled"), pod("", ""))
        .replace("name: n,", "name: kube-system,");
    let text = text.replace("namespace: n}", "namespace: kube-system}");
    assert_eq!(read_default(&text).membership(0), Membership::Plain);
}

#[test]
fn i9_labels_count_on_the_template() {
    let deployment = |own: &str, template: &str| {
        format!(
            "{}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: n, labels: {{{own}}}}}\n\
             spec: {{template: {{metadata: {{labels: {{{template}}}}}, spec: {{containers: [{{name: c}}]}}}}}}\n",
            namespace("")
        )
    };
    let inject = "sidecar.istio.io/inject: 'true'";
    assert_eq!(read_default(&deployment(inject, "")).membership(0), Membership::Plain);
    assert_eq!(read_default(&deployment("", inject)).membership(0), Membership::Sidecar);
}

#[test]
fn i9_a_revision_that_the_manifests_do_not_show_may_exist() {
    let text = format!("{}{}", namespace("istio.io/rev: asm-1-24"), pod("", ""));
    let mesh = read(&text);
    assert_eq!(mesh.membership(0), Membership::Unknown);
    assert_eq!(mesh.settings.assumed, ["the configuration of the mesh", "the webhooks of the injector"]);
    assert_eq!(read_default(&text).membership(0), Membership::Plain);
    let operator =
        "---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {revision: asm-1-24}\n";
    assert_eq!(read(&format!("{text}{operator}")).membership(0), Membership::Sidecar);
    // Beside one that is shown there may be others.
    let other = operator.replace("asm-1-24", "canary");
    assert_eq!(read(&format!("{text}{other}")).membership(0), Membership::Unknown);
    let refuses = text.replace("namespace: n}", "namespace: n, labels: {sidecar.istio.io/inject: 'false'}}");
    assert_eq!(read(&format!("{refuses}{other}")).membership(0), Membership::Plain);
}

#[test]
fn i9_only_the_main_revision_serves_istio_injection() {
    let text = format!("{}{}", namespace("istio-injection: enabled"), pod("", ""));
    let operator = |values: &str| {
        format!(
            "{text}---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {{revision: canary{values}}}\n"
        )
    };
    // Which one that is may be said by a tag that the manifests do not show.
    assert_eq!(read(&operator("")).membership(0), Membership::Unknown);
    assert_eq!(read(&operator(", values: {defaultRevision: canary}")).membership(0), Membership::Sidecar);
    assert_eq!(read(&operator(", values: {revisionTags: [default]}")).membership(0), Membership::Sidecar);
    let asking = operator("").replace("istio-injection: enabled", "team: x");
    let by_pod = asking.replace("namespace: n}", "namespace: n, labels: {sidecar.istio.io/inject: 'true'}}");
    assert_eq!(read(&by_pod).membership(0), Membership::Unknown);
    assert_eq!(read(&asking).membership(0), Membership::Plain);
    let disabled = operator("").replace("istio-injection: enabled", "istio-injection: disabled");
    assert_eq!(read(&disabled).membership(0), Membership::Plain);
}

#[test]
fn i9_of_two_control_planes_each_serves_its_own_revision() {
    let operator = |spec: &str| {
        format!("---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {spec}\n")
    };
    let both = |label: &str, first: &str, second: &str| {
        let text = format!("{}{}{}{}", namespace(label), pod("", ""), operator(first), operator(second));
        read(&text).membership(0)
    };
    for label in ["istio-injection: enabled", "istio.io/rev: canary", "istio.io/rev: default"] {
        assert_eq!(both(label, "{revision: canary}", "{profile: default}"), Membership::Sidecar, "{label}");
        assert_eq!(both(label, "{profile: default}", "{revision: canary}"), Membership::Sidecar, "{label}");
    }
    assert_eq!(both("istio.io/rev: old", "{revision: canary}", "{profile: default}"), Membership::Unknown);
}

#[test]
fn i9_tags_are_revisions() {
    let text = format!(
        "{}{}---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {{values: {{revisionTags: [prod]}}}}\n",
        namespace("istio.io/rev: prod"),
        pod("", "")
    );
    assert_eq!(read(&text).membership(0), Membership::Sidecar);
}

#[test]
fn i9_namespaces_may_be_injected_by_default() {
    let text = format!(
        "{}{}---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n\
         spec: {{values: {{sidecarInjectorWebhook: {{enableNamespacesByDefault: true}}}}}}\n",
        namespace(""),
        pod("", "")
    );
    assert_eq!(read(&text).membership(0), Membership::Sidecar);
}

#[test]
fn i9_the_webhook_that_is_there_says_who_is_injected() {
    let webhook = "---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n\
                   metadata: {name: istio-sidecar-injector}\nwebhooks:\n\
                   - name: namespace.sidecar-injector.istio.io\n  clientConfig: {service: {path: /inject}}\n  \
                   namespaceSelector: {matchLabels: {team: red}}\n  objectSelector: {}\n";
    let see = |labels: &str| read(&format!("{}{}{webhook}", namespace(labels), pod("", ""))).membership(0);
    assert_eq!(see("team: red"), Membership::Sidecar);
    assert_eq!(see("team: blue"), Membership::Plain);
    // Another one may serve what this one does not.
    assert_eq!(see("istio-injection: enabled"), Membership::Unknown);
}

#[test]
fn i9_the_webhooks_of_the_default_revision_are_all_that_there_are() {
    let webhook = "---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n\
                   metadata: {name: istio-sidecar-injector}\nwebhooks:\n\
                   - name: namespace.sidecar-injector.istio.io\n  clientConfig: {service: {path: /inject}}\n  \
                   namespaceSelector: {matchLabels: {istio-injection: enabled}}\n";
    let see = |labels: &str| read(&format!("{}{}{webhook}", namespace(labels), pod("", ""))).membership(0);
    assert_eq!(see("istio-injection: enabled"), Membership::Sidecar);
    assert_eq!(see("istio.io/rev: canary"), Membership::Plain);
}

#[test]
fn i9_the_webhook_of_a_canary_does_not_say_that_there_is_no_other() {
    let webhook = "---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n\
                   metadata: {name: istio-sidecar-injector-canary}\nwebhooks:\n\
                   - name: rev.namespace.sidecar-injector.istio.io\n  clientConfig: {service: {path: /inject}}\n  \
                   namespaceSelector: {matchLabels: {istio.io/rev: canary}}\n";
    let see = |labels: &str| read(&format!("{}{}{webhook}", namespace(labels), pod("", ""))).membership(0);
    assert_eq!(see("istio.io/rev: canary"), Membership::Sidecar);
    assert_eq!(see("istio.io/rev: stable"), Membership::Unknown);
    assert_eq!(see("istio-injection: enabled"), Membership::Unknown);
    assert_eq!(see("istio-injection: disabled"), Membership::Plain);
}

/// Source: `api/v1` of the Sail operator.
#[test]
fn i9_control_planes_of_the_sail_operator_are_revisions_by_their_names() {
    let object = |kind: &str, name: &str, spec: &str| {
        format!(
            "---\napiVersion: sailoperator.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
        )
    };
    let see = |label: &str, objects: &str| {
        read(&format!("{}{}{objects}", namespace(label), pod("", ""))).membership(0)
    };
    let plain = object("Istio", "default", "version: v1.24.3, namespace: istio-system");
    assert_eq!(see("istio-injection: enabled", &plain), Membership::Sidecar);
    assert_eq!(see("istio.io/rev: default", &plain), Membership::Sidecar);
    let named = object("Istio", "mine", "version: v1.24.3");
    assert_eq!(see("istio.io/rev: mine", &named), Membership::Sidecar);
    assert_eq!(see("istio-injection: enabled", &named), Membership::Unknown);
    let based = object("Istio", "default", "version: v1.24.3, updateStrategy: {type: RevisionBased}");
    assert_eq!(see("istio.io/rev: default-v1-24-3", &based), Membership::Sidecar);
    assert_eq!(see("istio-injection: enabled", &based), Membership::Unknown);
    let tag = object("IstioRevisionTag", "default", "targetRef: {kind: Istio, name: default}");
    assert_eq!(see("istio-injection: enabled", &format!("{based}{tag}")), Membership::Sidecar);
    let revision = object("IstioRevision", "default-v1-24-2", "version: v1.24.2");
    assert_eq!(see("istio.io/rev: default-v1-24-2", &revision), Membership::Sidecar);
    let values = "values: {meshConfig: {trustDomain: td, discoverySelectors: [{matchLabels: {a: b}}]}, profile: ambient}";
    let settings = read(&object("Istio", "default", &format!("namespace: mesh, {values}"))).settings;
    assert_eq!((settings.trust_domain.as_str(), settings.root_namespace.as_str()), ("td", "mesh"));
    assert_eq!((settings.hbone, settings.discovery.len()), (Some(true), 1));
    assert!(settings.assumed.is_empty());
}

#[test]
fn i7_the_root_namespace_is_that_of_the_control_plane_unless_the_mesh_says_another() {
    let operator = |spec: &str| {
        let text = format!("apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {{{spec}}}\n");
        read(&text).settings.root_namespace
    };
    assert_eq!(operator("profile: default"), "istio-system");
    assert_eq!(operator("values: {global: {istioNamespace: mesh}}"), "mesh");
    assert_eq!(operator("namespace: mesh"), "mesh");
    assert_eq!(
        operator("meshConfig: {rootNamespace: root}, values: {global: {istioNamespace: mesh}}"),
        "root"
    );
}

/// Source: <https://learn.microsoft.com/azure/aks/istio-meshconfig>.
#[test]
fn what_is_added_to_the_configuration_of_aks_is_not_all_of_it() {
    let map = |name: &str, mesh: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: aks-istio-system}}\ndata:\n  mesh: '{mesh}'\n"
        )
    };
    let added = map("istio-shared-configmap-asm-1-24", "outboundTrafficPolicy: {mode: REGISTRY_ONLY}");
    let settings = read(&added).settings;
    assert!(settings.registry_only);
    assert_eq!(settings.root_namespace, "aks-istio-system");
    assert_eq!(settings.assumed, ["the configuration of the mesh", "the webhooks of the injector"]);
    // What AKS says itself comes first, wherever it stands.
    let own = map("istio-asm-1-24", "outboundTrafficPolicy: {mode: ALLOW_ANY}");
    for both in [format!("{added}{own}"), format!("{own}{added}")] {
        let settings = read(&both).settings;
        assert!(!settings.registry_only);
        assert_eq!(settings.assumed, ["the webhooks of the injector"]);
    }
}

#[test]
fn i9_a_proxy_that_is_written_is_there() {
    let written = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: istio-proxy, args: [proxy, sidecar]}, {name: c}]}\n";
    assert_eq!(read_default(written).membership(0), Membership::Sidecar);
    assert_eq!(read_default(&written.replace("sidecar", "router")).membership(0), Membership::Gateway);
}

#[test]
fn s14_a_gateway_is_made_by_its_template() {
    let text = format!(
        "{}{}",
        namespace(""),
        pod(
            ", labels: {sidecar.istio.io/inject: 'true'}, annotations: {inject.istio.io/templates: gateway}",
            ""
        )
    );
    assert_eq!(read_default(&text).membership(0), Membership::Gateway);
}

#[test]
fn s15_injection_adds_labels() {
    let labels = |metadata: &str| -> Labels {
        let mesh = read_default(&format!("{}{}", namespace("istio-injection: enabled"), pod(metadata, "")));
        mesh.labels(0).unwrap().clone()
    };
    let told = |l: &Labels| l.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
    assert_eq!(
        told(&labels(", labels: {app: web}")),
        "app=web security.istio.io/tlsMode=istio service.istio.io/canonical-name=web service.istio.io/canonical-revision=latest"
    );
    assert_eq!(
        told(&labels(", labels: {version: v2, security.istio.io/tlsMode: disabled}")),
        "security.istio.io/tlsMode=disabled service.istio.io/canonical-name=p service.istio.io/canonical-revision=v2 version=v2"
    );
}

#[test]
fn i11_ambient_is_a_label_of_the_namespace_or_of_the_pod() {
    let see = |labels: &str, pod_labels: &str, spec: &str| {
        read_default(&format!("{}{}", namespace(labels), pod(&format!(", labels: {{{pod_labels}}}"), spec)))
            .membership(0)
    };
    let mode = "istio.io/dataplane-mode: ambient";
    assert_eq!(see(mode, "", ""), Membership::Ambient);
    assert_eq!(see("", mode, ""), Membership::Ambient);
    assert_eq!(see(mode, "istio.io/dataplane-mode: none", ""), Membership::Plain);
    assert_eq!(see(mode, "", "hostNetwork: true, "), Membership::Plain);
    assert_eq!(see(&format!("{mode}, istio-injection: enabled"), "", ""), Membership::Sidecar);
}

#[test]
fn native_sidecars_are_told() {
    let text = format!(
        "{}{}",
        namespace("istio-injection: enabled"),
        pod(", annotations: {sidecar.istio.io/nativeSidecar: 'true'}", "")
    );
    assert!(read_default(&text).members[0].injection.native);
}

#[test]
fn settings_are_assumed_where_nothing_says_them() {
    let mesh = read("");
    assert_eq!(Settings { assumed: Vec::new(), ..mesh.settings.clone() }.root_namespace, "istio-system");
    assert_eq!(mesh.settings.assumed.len(), 2);
}

#[test]
fn settings_stand_in_an_istio_operator_or_in_config_maps() {
    let config = "rootNamespace: mesh-config, trustDomain: td1, trustDomainAliases: [old], enableAutoMtls: false, \
                  outboundTrafficPolicy: {mode: REGISTRY_ONLY}, pathNormalization: {normalization: MERGE_SLASHES}, \
                  extensionProviders: [{name: e, envoyExtAuthzGrpc: {service: e.n.svc.cluster.local, port: 90}}]";
    let operator = format!(
        "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {{meshConfig: {{{config}}}}}\n"
    );
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |-\n    {{{config}}}\n"
    );
    for text in [operator, map] {
        let settings = read(&text).settings;
        assert_eq!(
            (settings.root_namespace.as_str(), settings.trust_domain.as_str()),
            ("mesh-config", "td1")
        );
        assert_eq!(settings.trust_domain_aliases, ["old"]);
        assert!(settings.registry_only && !settings.auto_mtls);
        assert_eq!(settings.normalization, Normalization::MergeSlashes);
        assert_eq!(settings.providers.len(), 1);
        assert!(!settings.assumed.contains(&"the configuration of the mesh"));
    }
}

#[test]
fn i11_sidecars_are_told_to_talk_hbone_by_the_profile_or_by_their_metadata() {
    let operator = |spec: &str| {
        let text = format!("apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {{{spec}}}\n");
        read(&text).settings.hbone
    };
    let metadata = |value: &str| {
        format!("meshConfig: {{defaultConfig: {{proxyMetadata: {{ISTIO_META_ENABLE_HBONE: '{value}'}}}}}}")
    };
    assert_eq!(read("").settings.hbone, None);
    assert_eq!(operator("profile: default"), Some(false));
    assert_eq!(operator("profile: ambient"), Some(true));
    assert_eq!(operator(&metadata("true")), Some(true));
    assert_eq!(operator(&format!("profile: ambient, {}", metadata("false"))), Some(false));
    let refuses = metadata("true").replace("ENABLE_HBONE", "DISABLE_HBONE_SEND");
    assert_eq!(operator(&format!("profile: ambient, {refuses}")), None);
}

/// Whether the revision exists is not known, so neither is whether the pod has the label by which the policy selects.
#[test]
fn s27_what_selects_by_labels_of_injection_is_not_known_where_injection_is_not() {
    let outcome = |selector: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n, labels: {{istio.io/rev: canary}}}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n, labels: {{app: p}}}}\nspec: {{containers: [{{name: c}}]}}\n---\n\
             apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: a, namespace: n}}\n\
             spec: {{selector: {{matchLabels: {{{selector}}}}}, rules: [{{to: [{{operation: {{ports: ['1']}}}}]}}]}}\n"
        );
        let mut sources = Sources::default();
        sources.add("mesh.yaml", text);
        let mesh = Mesh::read(&sources);
        let call = Call { client: Client::Outside(None), server: 0, port: 8080, by: By::Address };
        mesh.any(&call, Below::Passes).outcome
    };
    assert_eq!(outcome("security.istio.io/tlsMode: istio"), Outcome::Unknown);
    assert_eq!(outcome("app: other"), Outcome::Open);
}

#[test]
fn what_templates_other_than_the_sidecar_s_bring_is_not_known() {
    let of = |templates: &str| {
        let pod = pod(&format!(", annotations: {{inject.istio.io/templates: '{templates}'}}"), "");
        read_default(&format!("{}{pod}", namespace("istio-injection: enabled"))).membership(0)
    };
    assert_eq!(of("sidecar"), Membership::Sidecar);
    assert_eq!(of("sidecar,spire"), Membership::Sidecar);
    assert_eq!(of("gateway"), Membership::Gateway);
    assert_eq!(of("grpc-agent"), Membership::Unknown);
    assert_eq!(of("grpc-simple"), Membership::Unknown);
}
