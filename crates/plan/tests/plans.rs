//! What small specs become: one rule, one test. Whole trees are in `golden`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use meshgen_spec::{Input, read};
use meshgen_yaml::Sources;

/// The files of a spec, as they are written, or what is wrong with it.
fn files(spec: &str) -> Result<Vec<(String, String)>, String> {
    let mut sources = Sources::default();
    let (parsed, problems) =
        read(vec![Input::File("meshgen.yaml".to_owned(), spec.to_owned())], &mut sources);
    let words = |problems: &[meshgen_yaml::Problem]| {
        let one = |p: &meshgen_yaml::Problem| {
            let place = p.place.map_or("", |place| sources.slice(place)).lines().next().unwrap_or_default();
            let help = p.help.iter().map(|h| format!("\n  {h}")).collect::<String>();
            format!("{place} | {}{help}", p.message)
        };
        problems.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    let parsed = parsed.ok_or_else(|| words(&problems))?;
    let bundle = meshgen_plan::plan(&parsed).map_err(|problems| words(&problems))?;
    let tree = meshgen_tree::render(&bundle).map_err(|e| e.to_string())?;
    // The header is the same everywhere.
    let body = |text: &str| text.lines().skip(1).map(|l| format!("{l}\n")).collect();
    Ok(tree.files.iter().map(|f| (f.path.to_string(), body(&f.text))).collect())
}

/// One file.
fn file(spec: &str, path: &str) -> String {
    let files = files(spec).unwrap_or_else(|e| panic!("{e}"));
    let paths = files.iter().map(|(p, _)| p.as_str()).collect::<Vec<_>>().join("\n");
    files.iter().find(|(p, _)| p == path).unwrap_or_else(|| panic!("no {path} in\n{paths}")).1.clone()
}

/// The paths that begin like this.
fn paths(spec: &str, start: &str) -> String {
    let files = files(spec).unwrap_or_else(|e| panic!("{e}"));
    files.iter().map(|(p, _)| p.as_str()).filter(|p| p.starts_with(start)).collect::<Vec<_>>().join("\n")
}

const CLUSTER: &str = "meshgen: v1\nproject: shop\ncluster: { existing: { networkPolicy: calico, registry: 'registry.example:5000' } }\n";

fn with(sections: &str) -> String {
    format!("{CLUSTER}{sections}\n")
}

fn istio(settings: &str) -> String {
    with(&format!("istio: {{ version: 1.31.1, {settings} }}\nnamespaces: {{ shop: {{}} }}"))
}

fn dgraph(settings: &str) -> String {
    with(&format!(
        "namespaces: {{ graph: {{}} }}\nreleases: {{ graph/demo: {{ dgraph: {{ {settings} }} }} }}"
    ))
}

mod cluster {
    use super::{file, paths};

    const KIND: &str = "meshgen: v1\nproject: shop\ncluster: { kind: { workers: 1, nodeImage: 'docker.io/kindest/node:v1.36.0', podSubnet: 10.50.0.0/16 } }\n";

    #[test]
    fn kind_gets_calico_and_a_registry() {
        insta::assert_snapshot!(file(KIND, "cluster/kind.yaml"), @r#"
        kind: Cluster
        apiVersion: kind.x-k8s.io/v1alpha4
        name: shop
        networking:
          disableDefaultCNI: true
          podSubnet: 10.50.0.0/16
        nodes:
        - role: control-plane
          image: docker.io/kindest/node:v1.36.0
        - role: worker
          image: docker.io/kindest/node:v1.36.0
        containerdConfigPatches:
        - |
          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = "/etc/containerd/certs.d"
        "#);
        insta::assert_snapshot!(file(KIND, "cluster/calico.yaml"), @"
        apiVersion: operator.tigera.io/v1
        kind: Installation
        metadata:
          name: default
        spec:
          calicoNetwork:
            ipPools:
            - cidr: 10.50.0.0/16
              encapsulation: VXLANCrossSubnet
              natOutgoing: Enabled
              nodeSelector: all()
        ---
        apiVersion: operator.tigera.io/v1
        kind: APIServer
        metadata:
          name: default
        spec: {}
        ");
    }

    #[test]
    fn kinds_own_network_needs_no_file_of_calico() {
        let spec = "meshgen: v1\nproject: shop\ncluster: { kind: { networkPolicy: kindnet } }\n";
        insta::assert_snapshot!(paths(spec, "cluster/"), @"cluster/kind.yaml");
    }

    #[test]
    fn the_registry_of_azure_is_named_after_the_project() {
        let spec = "meshgen: v1\nproject: my-shop\ncluster: { aks: { location: westus2 } }\n";
        assert!(file(spec, "env.sh").contains("AZ_ACR_NAME='myshop'"));
    }
}

mod istio {
    use super::{file, files, istio, paths, with};

    #[test]
    fn hub_and_tag_are_always_said() {
        insta::assert_snapshot!(file(&istio("profile: ambient"), "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: ambient
          hub: docker.io/istio
          tag: 1.31.1
        ");
    }

    #[test]
    fn a_version_of_two_parts_is_the_first_patch() {
        let spec = with("istio: { version: '1.31', hub: registry.example/istio, tag: 1.31.0-distroless }");
        insta::assert_snapshot!(file(&spec, "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: registry.example/istio
          tag: 1.31.0-distroless
        ");
    }

    #[test]
    fn there_are_any_number_of_gateways() {
        let gateways = "ingressGateways: { public: { namespace: shop, labels: { tier: edge }, k8s: { replicas: 2, service: { type: LoadBalancer, externalTrafficPolicy: Local, loadBalancerSourceRanges: [203.0.113.0/24], ports: { https: { port: 443, targetPort: 8443 } } } } }, private: { enabled: false } }";
        insta::assert_snapshot!(file(&istio(&format!("components: {{ {gateways} }}")), "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.31.1
          components:
            ingressGateways:
            - name: istio-ingressgateway
              enabled: true
            - name: private
              enabled: false
              label:
                app: private
                istio: private
            - name: public
              namespace: shop
              enabled: true
              label:
                app: public
                istio: public
                tier: edge
              k8s:
                replicaCount: 2
                service:
                  type: LoadBalancer
                  externalTrafficPolicy: Local
                  loadBalancerSourceRanges:
                  - 203.0.113.0/24
                  ports:
                  - name: https
                    port: 443
                    targetPort: 8443
        ");
    }

    #[test]
    fn components_have_settings_of_kubernetes() {
        let pilot = "pilot: { k8s: { hpa: { min: 2, max: 5 }, resources: { requests: { cpu: 500m } }, nodeSelector: { pool: system }, tolerations: [{ key: dedicated, value: mesh, effect: NoSchedule }, {}], env: { PILOT_TRACE_SAMPLING: '1' } } }, cni: { enabled: true }";
        insta::assert_snapshot!(file(&istio(&format!("components: {{ {pilot} }}")), "istio/istio.yaml"), @r#"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.31.1
          components:
            pilot:
              enabled: true
              k8s:
                env:
                - name: PILOT_TRACE_SAMPLING
                  value: "1"
                hpaSpec:
                  minReplicas: 2
                  maxReplicas: 5
                nodeSelector:
                  pool: system
                resources:
                  requests:
                    cpu: 500m
                tolerations:
                - key: dedicated
                  operator: Equal
                  value: mesh
                  effect: NoSchedule
                - operator: Exists
            cni:
              enabled: true
        "#);
    }

    #[test]
    fn settings_of_the_mesh_are_fields_and_the_rest() {
        let mesh = "accessLogFile: /dev/stdout, accessLogEncoding: JSON, outboundTrafficPolicy: { mode: REGISTRY_ONLY }, trustDomain: shop.example, extensionProviders: { opa: { envoyExtAuthzGrpc: { service: opa.shop.svc.cluster.local, port: 9191 } } }, defaultProviders: { accessLogging: [envoy] }, defaultConfig: { holdApplicationUntilProxyStarts: true, proxyMetadata: { A: '1' }, extra: { statusPort: 15020 } }, extra: { pathNormalization: { normalization: MERGE_SLASHES } }";
        insta::assert_snapshot!(file(&istio(&format!("meshConfig: {{ {mesh} }}, values: {{ global: {{ logAsJson: true }} }}")), "istio/istio.yaml"), @r#"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.31.1
          meshConfig:
            accessLogFile: /dev/stdout
            accessLogEncoding: JSON
            outboundTrafficPolicy:
              mode: REGISTRY_ONLY
            trustDomain: shop.example
            extensionProviders:
            - name: opa
              envoyExtAuthzGrpc:
                port: 9191
                service: opa.shop.svc.cluster.local
            defaultProviders:
              accessLogging:
              - envoy
            defaultConfig:
              holdApplicationUntilProxyStarts: true
              proxyMetadata:
                A: "1"
              statusPort: 15020
            pathNormalization:
              normalization: MERGE_SLASHES
          values:
            global:
              logAsJson: true
        "#);
    }

    #[test]
    fn proxies_are_told_where_spans_go() {
        let spec = with("istio: { version: 1.31.1 }\naddons: { jaeger: {} }");
        insta::assert_snapshot!(file(&spec, "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.31.1
          meshConfig:
            defaultProviders:
              tracing:
              - jaeger
            extensionProviders:
            - name: jaeger
              opentelemetry:
                service: jaeger-collector.istio-system.svc.cluster.local
                port: 4317
        ");
    }

    #[test]
    fn the_profile_demo_has_that_provider_already() {
        let spec = with("istio: { version: 1.31.1, profile: demo }\naddons: { jaeger: {} }");
        insta::assert_snapshot!(file(&spec, "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: demo
          hub: docker.io/istio
          tag: 1.31.1
          meshConfig:
            defaultProviders:
              tracing:
              - jaeger
        ");
    }

    #[test]
    fn charts_are_told_only_of_profiles_that_they_know() {
        let values = |settings: &str| {
            file(&istio(&format!("install: helm{settings}")), "istio/values-istio-base.yaml")
        };
        insta::assert_snapshot!(values(""), @"
        global:
          hub: docker.io/istio
          tag: 1.31.1
        ");
        insta::assert_snapshot!(values(", profile: demo"), @"
        profile: demo
        global:
          hub: docker.io/istio
          tag: 1.31.1
        ");
        insta::assert_snapshot!(values(", profile: openshift-ambient"), @"
        profile: ambient
        global:
          hub: docker.io/istio
          tag: 1.31.1
          platform: openshift
        ");
    }

    #[test]
    fn helm_installs_the_same_parts() {
        let spec = istio(
            "install: helm, profile: demo, meshConfig: { accessLogFile: '' }, components: { pilot: { k8s: { hpa: { min: 1, max: 3 } } } }",
        );
        insta::assert_snapshot!(paths(&spec, "istio/"), @"
        istio/helmfile.yaml
        istio/values-istio-base.yaml
        istio/values-istio-egressgateway.yaml
        istio/values-istio-ingressgateway.yaml
        istio/values-istiod.yaml
        ");
        insta::assert_snapshot!(file(&spec, "istio/helmfile.yaml"), @"
        repositories:
        - name: istio
          url: https://blob.istio.io/istio-release/charts
        releases:
        - name: istio-base
          namespace: istio-system
          chart: istio/base
          version: 1.31.1
          createNamespace: true
          values:
          - values-istio-base.yaml
        - name: istiod
          namespace: istio-system
          chart: istio/istiod
          version: 1.31.1
          needs:
          - istio-system/istio-base
          createNamespace: true
          values:
          - values-istiod.yaml
        - name: istio-ingressgateway
          namespace: istio-system
          chart: istio/gateway
          version: 1.31.1
          needs:
          - istio-system/istiod
          createNamespace: true
          values:
          - values-istio-ingressgateway.yaml
        - name: istio-egressgateway
          namespace: istio-system
          chart: istio/gateway
          version: 1.31.1
          needs:
          - istio-system/istiod
          createNamespace: true
          values:
          - values-istio-egressgateway.yaml
        ");
        insta::assert_snapshot!(file(&spec, "istio/values-istiod.yaml"), @r#"
        profile: demo
        global:
          hub: docker.io/istio
          tag: 1.31.1
        meshConfig:
          accessLogFile: ""
        autoscaleEnabled: true
        autoscaleMin: 1
        autoscaleMax: 3
        "#);
        insta::assert_snapshot!(file(&spec, "istio/values-istio-egressgateway.yaml"), @"
        service:
          type: ClusterIP
        ");
    }

    #[test]
    fn an_upgrade_runs_both_revisions_and_namespaces_move_one_by_one() {
        let spec = with(
            "istio: { version: 1.31.1, revision: 1-31-1, upgrade: { from: { version: 1.30.5 } } }\nnamespaces: { moved: {}, old: { revision: default }, plain: { mesh: none } }\nworkloads: { moved/web: { image: a/b:1, ports: { http: 80 } } }\npolicies: { moved/web: { allow: [{ fromNamespaces: meshed }] } }",
        );
        insta::assert_snapshot!(file(&spec, "istio/istio.yaml"), @"
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.31.1
          revision: 1-31-1
        ");
        insta::assert_snapshot!(file(&spec, "istio/istio-default.yaml"), @"
        # The control plane that goes, for istioctl 1.30.5 alone. It is there already; to go back to it:
        #   istioctl install --filename istio/istio-default.yaml
        # Once no namespace names it and all pods have been made again:
        #   istioctl uninstall --revision default
        apiVersion: install.istio.io/v1alpha1
        kind: IstioOperator
        metadata:
          name: shop
        spec:
          profile: default
          hub: docker.io/istio
          tag: 1.30.5
        ");
        insta::assert_snapshot!(file(&spec, "apps/moved/namespace.yaml"), @"
        apiVersion: v1
        kind: Namespace
        metadata:
          labels:
            istio.io/rev: 1-31-1
          name: moved
        ");
        insta::assert_snapshot!(file(&spec, "apps/old/namespace.yaml"), @"
        apiVersion: v1
        kind: Namespace
        metadata:
          labels:
            istio-injection: enabled
          name: old
        ");
        insta::assert_snapshot!(file(&spec, "apps/moved/network_policy.yaml"), @"
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: web
          namespace: moved
        spec:
          ingress:
          - from:
            - namespaceSelector:
                matchLabels:
                  istio-injection: enabled
            - namespaceSelector:
                matchLabels:
                  istio.io/rev: 1-31-1
          podSelector:
            matchLabels:
              app.kubernetes.io/name: web
          policyTypes:
          - Ingress
        ");
    }

    #[test]
    fn the_add_on_of_aks_reads_its_settings_from_a_config_map() {
        let spec = "meshgen: v1\nproject: shop1\ncluster: { aks: { location: westus2 } }\nistio: { managed: { revision: asm-1-30, meshConfig: { outboundTrafficPolicy: { mode: REGISTRY_ONLY } } } }\nnamespaces: { shop: {} }\n";
        insta::assert_snapshot!(file(spec, "istio/mesh_config.yaml"), @"
        apiVersion: v1
        kind: ConfigMap
        data:
          mesh: |
            outboundTrafficPolicy:
              mode: REGISTRY_ONLY
        metadata:
          name: istio-shared-configmap-asm-1-30
          namespace: aks-istio-system
        ");
        insta::assert_snapshot!(file(spec, "apps/shop/namespace.yaml"), @"
        apiVersion: v1
        kind: Namespace
        metadata:
          labels:
            istio.io/rev: asm-1-30
          name: shop
        ");
    }

    #[test]
    fn what_is_there_is_not_installed() {
        let spec = with("istio: { existing: { version: '1.30' } }\nnamespaces: { shop: {} }");
        let files = files(&spec).unwrap();
        assert!(!files.iter().any(|(path, _)| path.starts_with("istio/")));
    }
}

mod releases {
    use super::{dgraph, file, files, paths, with};

    const REDIS: &str = "chart: redis, repository: acme, version: 1.2.3";

    #[test]
    fn a_chart_of_anybody_is_a_release() {
        let spec = with(&format!(
            "namespaces: {{ data: {{}} }}\nrepositories: {{ acme: 'oci://registry.example/charts' }}\nreleases:\n  data/cache: {{ {REDIS}, values: {{ replicas: 3, name: \"{{{{ x }}}}\" }} }}\n  data/other: {{ {REDIS}, needs: [data/cache], values: {{ key: {{ fromEnv: X }} }} }}\n  data/plain: {{ {REDIS} }}"
        ));
        insta::assert_snapshot!(paths(&spec, "apps/data"), @"
        apps/data/namespace.yaml
        apps/data/helmfile.yaml
        apps/data/values-cache.yaml
        apps/data/values-other.yaml.gotmpl
        ");
        insta::assert_snapshot!(file(&spec, "apps/data/helmfile.yaml"), @"
        repositories:
        - name: acme
          url: registry.example/charts
          oci: true
        releases:
        - name: cache
          namespace: data
          chart: acme/redis
          version: 1.2.3
          createNamespace: false
          values:
          - values-cache.yaml
        - name: other
          namespace: data
          chart: acme/redis
          version: 1.2.3
          needs:
          - data/cache
          createNamespace: false
          values:
          - values-other.yaml.gotmpl
        - name: plain
          namespace: data
          chart: acme/redis
          version: 1.2.3
          createNamespace: false
        ");
        insta::assert_snapshot!(file(&spec, "apps/data/values-cache.yaml"), @r#"
        name: "{{ x }}"
        replicas: 3
        "#);
        insta::assert_snapshot!(file(&spec, "apps/data/values-other.yaml.gotmpl"), @r#"key: {{ requiredEnv "X" | toJson }}"#);
    }

    #[test]
    fn what_is_needed_from_another_namespace_comes_first() {
        let spec = with(&format!(
            "namespaces: {{ a: {{}}, b: {{}} }}\nrepositories: {{ acme: 'https://charts.example' }}\nreleases:\n  a/one: {{ {REDIS}, needs: [b/two] }}\n  b/two: {{ {REDIS} }}"
        ));
        assert!(!file(&spec, "apps/a/helmfile.yaml").contains("needs"));
        let deploy = file(&spec, "scripts/deploy.sh");
        let at = |path| deploy.find(path).unwrap();
        assert!(at("apps/b/helmfile.yaml") < at("apps/a/helmfile.yaml"));
    }

    #[test]
    fn nothing_said_is_no_values() {
        insta::assert_snapshot!(file(&dgraph(""), "apps/graph/helmfile.yaml"), @"
        repositories:
        - name: dgraph
          url: https://charts.dgraph.io
        releases:
        - name: demo
          namespace: graph
          chart: dgraph/dgraph
          version: 24.1.4
          createNamespace: false
        ");
    }

    #[test]
    fn the_repository_of_dgraph_can_be_another() {
        let spec = with(
            "namespaces: { graph: {} }\nrepositories: { dgraph: 'http://127.0.0.1:8879' }\nreleases: { graph/demo: { dgraph: {} } }",
        );
        assert!(file(&spec, "apps/graph/helmfile.yaml").contains("url: http://127.0.0.1:8879"));
    }

    #[test]
    fn dgraph_is_typed() {
        let spec = dgraph(
            "image: { registry: registry.example, tag: v25.5.0 }, whitelist: [10.0.0.0/8, '10.0.0.1:10.0.0.9'], podLabels: { version: v25.5.0 }, alpha: { replicas: 1, persistence: { size: 10Gi, storageClass: managed-csi }, resources: { requests: { memory: 1Gi } }, podLabels: { tier: data }, config: { limit: { mutations: strict } }, service: { type: LoadBalancer, annotations: { example.com/internal: 'true' }, externalTrafficPolicy: Local, loadBalancerSourceRanges: [203.0.113.0/24] } }, zero: { replicas: 1, shardReplicas: 3, persistence: { enabled: false } }, ratel: {}",
        );
        insta::assert_snapshot!(file(&spec, "apps/graph/values.yaml"), @r#"
        image:
          registry: registry.example
          tag: v25.5.0
        alpha:
          replicaCount: 1
          persistence:
            size: 10Gi
            storageClass: managed-csi
          resources:
            requests:
              memory: 1Gi
          podLabels:
            tier: data
            version: v25.5.0
          service:
            type: LoadBalancer
            annotations:
              example.com/internal: "true"
            loadBalancerSourceRanges:
            - 203.0.113.0/24
          externalTrafficPolicy: Local
          configFile:
            config.yaml: |
              limit:
                mutations: strict
              security:
                whitelist: 10.0.0.0/8,10.0.0.1:10.0.0.9
        zero:
          replicaCount: 1
          persistence:
            enabled: false
          podLabels:
            version: v25.5.0
          shardReplicaCount: 3
        ratel:
          enabled: true
        "#);
    }

    #[test]
    fn a_token_stands_in_a_secret_and_brings_the_whitelist_along() {
        let spec = dgraph(
            "token: { secret: admin/token }, whitelist: { fromEnv: { name: ACCEPT, default: 10.0.0.0/8 } }",
        );
        insta::assert_snapshot!(file(&spec, "apps/graph/values.yaml.gotmpl"), @r#"
        {{- if not (regexMatch "^[0-9A-Za-z.:,/_-]*$" (env "ACCEPT")) }}{{ fail "ACCEPT may hold addresses, blocks, ranges and host names only, with commas between" }}{{ end }}
        alpha:
          extraEnvs:
          - name: DGRAPH_ADMIN_TOKEN
            valueFrom:
              secretKeyRef:
                name: admin
                key: token
          - name: DGRAPH_ALPHA_SECURITY
            value: {{ printf "token=$(DGRAPH_ADMIN_TOKEN); whitelist=%s;" (env "ACCEPT" | default "10.0.0.0/8") | toJson }}
        "#);
    }

    #[test]
    fn what_signs_for_acl_comes_from_the_environment() {
        insta::assert_snapshot!(file(&dgraph("acl: { secret: { fromEnv: DG_ACL }, accessTtl: 6h }"), "apps/graph/values.yaml.gotmpl"), @r#"
        alpha:
          acl:
            enabled: true
            file:
              hmac_secret_file: {{ requiredEnv "DG_ACL" | b64enc | toJson }}
          configFile:
            config.yaml: |
              acl:
                secret-file: /dgraph/acl/hmac_secret_file
                access-ttl: 6h
        "#);
    }

    #[test]
    fn a_variable_has_one_default_and_no_meaning_of_its_own() {
        let one = "{ chart: x, repository: acme, version: 1.2.3, values: { a: { fromEnv: { name: X, default: '1' } }, b: { fromEnv: X }, c: { fromEnv: PATH } } }";
        let spec = with(&format!(
            "namespaces: {{ data: {{}} }}\nrepositories: {{ acme: 'https://charts.example' }}\nreleases: {{ data/x: {one} }}"
        ));
        insta::assert_snapshot!(files(&spec).unwrap_err(), @"
        X | `X` has two defaults
          give both the same, or use two variables
        PATH | `PATH` is not the name of an environment variable of your own
          use letters, digits and `_`, no digit first, and none of the names that shells, programs and these scripts use
        ");
    }
}

mod kits {
    use super::{file, paths, with};

    #[test]
    fn the_same_in_two_namespaces_is_one_chart() {
        let spec = with(
            "namespaces: { a: {}, b: {} }\nworkloads: { a/client: { build: pydgraph }, b/client: { build: pydgraph } }",
        );
        insta::assert_snapshot!(file(&spec, "apps/pydgraph/helmfile.yaml"), @"
        # The same in several namespaces; without `--namespace` only in the first of them:
        #   helmfile --namespace a --file helmfile.yaml apply
        #   helmfile --namespace b --file helmfile.yaml apply
        releases:
        - name: client
          namespace: a
          chart: ./chart
          createNamespace: false
          values:
          - values.yaml.gotmpl
        ");
        insta::assert_snapshot!(file(&spec, "apps/pydgraph/values.yaml.gotmpl"), @r#"image: {{ printf "%s/pydgraph-client:1.0.0" (requiredEnv "REGISTRY") | toJson }}"#);
        insta::assert_snapshot!(file(&spec, "apps/pydgraph/chart/values.yaml"), @"image: registry.example:5000/pydgraph-client:1.0.0");
    }

    #[test]
    fn two_that_differ_are_two_charts() {
        let spec = with(
            "namespaces: { a: {}, b: {} }\nworkloads: { a/client: { build: pydgraph }, b/client: { build: pydgraph, replicas: 2 } }",
        );
        insta::assert_snapshot!(paths(&spec, "apps/pydgraph/charts"), @"
        apps/pydgraph/charts/a-client/Chart.yaml
        apps/pydgraph/charts/a-client/templates/workload.yaml
        apps/pydgraph/charts/a-client/values.yaml
        apps/pydgraph/charts/b-client/Chart.yaml
        apps/pydgraph/charts/b-client/templates/workload.yaml
        apps/pydgraph/charts/b-client/values.yaml
        ");
        insta::assert_snapshot!(file(&spec, "apps/pydgraph/helmfile.yaml"), @"
        releases:
        - name: client
          namespace: a
          chart: ./charts/a-client
          createNamespace: false
          values:
          - values.yaml.gotmpl
        - name: client
          namespace: b
          chart: ./charts/b-client
          createNamespace: false
          values:
          - values.yaml.gotmpl
        ");
    }

    #[test]
    fn no_text_of_a_spec_becomes_part_of_a_template() {
        let hostile = "{{ .Values.x }}{{- end }}";
        let spec = with(&format!(
            "namespaces: {{ a: {{}} }}\nworkloads: {{ a/client: {{ build: pydgraph, env: {{ A: '{hostile}' }}, args: ['{hostile}'] }} }}"
        ));
        let template = file(&spec, "apps/pydgraph/chart/templates/workload.yaml");
        // What the engine does with the only actions that there are.
        let given = template.replace("{{ \"{{\" }}", "\u{1}").replace("{{ .Values.image | toJson }}", "x");
        assert!(!given.contains("{{"), "{template}");
        assert_eq!(given.replace('\u{1}', "{{").matches(hostile).count(), 2, "{template}");
    }
}

mod assumed {
    use super::{file, files, with};

    fn kinds(spec: &str) -> String {
        let text = file(spec, ".meshgen/assumed.yaml");
        let documents = text.split("---\n").map(|d| {
            let of = |key: &str| {
                let line = d.lines().find(|l| l.trim_start().starts_with(key));
                line.and_then(|l| l.split_once(": ")).map_or("", |(_, v)| v).to_owned()
            };
            let name =
                d.lines().rev().find(|l| l.starts_with("  name: ")).unwrap_or_default().trim().to_owned();
            format!("{} {name} {}", of("kind:"), of("namespace:"))
        });
        documents.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_mesh_brings_its_control_plane_gateways_and_settings() {
        let spec = with(
            "istio: { version: 1.31.1, profile: demo, meshConfig: { trustDomain: shop.example } }\nnamespaces: { shop: {} }",
        );
        insta::assert_snapshot!(kinds(&spec), @"
        Service name: kube-dns kube-system
        Namespace name: kube-system 
        ServiceAccount name: coredns kube-system
        Deployment name: coredns kube-system
        Service name: istiod istio-system
        Namespace name: istio-system 
        ServiceAccount name: istiod istio-system
        Deployment name: istiod istio-system
        ConfigMap name: istio istio-system
        Service name: istio-ingressgateway istio-system
        ServiceAccount name: istio-ingressgateway-service-account istio-system
        Deployment name: istio-ingressgateway istio-system
        Service name: istio-egressgateway istio-system
        ServiceAccount name: istio-egressgateway-service-account istio-system
        Deployment name: istio-egressgateway istio-system
        ");
        let text = file(&spec, ".meshgen/assumed.yaml");
        assert!(text.contains("    trustDomain: shop.example\n    rootNamespace: istio-system\n"), "{text}");
    }

    #[test]
    fn dgraph_brings_its_pods_and_services() {
        let spec = with("namespaces: { graph: {} }\nreleases: { graph/demo: { dgraph: { ratel: {} } } }");
        insta::assert_snapshot!(kinds(&spec), @"
        Service name: kube-dns kube-system
        Namespace name: kube-system 
        ServiceAccount name: coredns kube-system
        Deployment name: coredns kube-system
        Service name: demo-dgraph-alpha graph
        Service name: demo-dgraph-alpha-headless graph
        ServiceAccount name: dgraph graph
        StatefulSet name: demo-dgraph-alpha graph
        Service name: demo-dgraph-ratel graph
        Deployment name: demo-dgraph-ratel graph
        Service name: demo-dgraph-zero graph
        Service name: demo-dgraph-zero-headless graph
        StatefulSet name: demo-dgraph-zero graph
        ");
    }

    #[test]
    fn without_either_there_is_nothing_to_assume() {
        let spec = with("namespaces: { shop: {} }\nworkloads: { shop/web: { image: a/b:1 } }");
        assert!(files(&spec).unwrap().iter().all(|(path, _)| !path.contains("assumed")));
    }
}

mod holes {
    use super::{file, with};

    const POLICY: &str = "istio: { version: 1.31.1 }\naddons: { prometheus: {} }\nnamespaces: { shop: {} }\nworkloads: { shop/web: { image: a/b:1, ports: { http: 80 } } }\n";

    #[test]
    fn a_policy_that_cuts_prometheus_off_says_so() {
        let spec =
            with(&format!("{POLICY}policies: {{ shop/web: {{ allow: [{{ fromNamespaces: meshed }}] }} }}"));
        let head: String =
            file(&spec, "apps/shop/network_policy.yaml").lines().take(3).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(head, @"
        # Prometheus, in istio-system, is cut off from shop/web: nothing here admits it. So Kiali and Grafana
        # see this traffic from the side of its clients alone. To admit it, add to the policy in the spec:
        #   - { from: [istio-system/prometheus], ports: [15020, 15090] }
        ");
    }

    #[test]
    fn one_that_lets_it_in_says_nothing() {
        let spec = with(&format!(
            "{POLICY}policies: {{ shop/web: {{ allow: [{{ from: [istio-system/prometheus], ports: [15020, 15090] }}] }} }}"
        ));
        insta::assert_snapshot!(file(&spec, "apps/shop/network_policy.yaml"), @"
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: web
          namespace: shop
        spec:
          ingress:
          - from:
            - namespaceSelector:
                matchLabels:
                  kubernetes.io/metadata.name: istio-system
              podSelector:
                matchLabels:
                  app.kubernetes.io/name: prometheus
            ports:
            - port: 15020
              protocol: TCP
            - port: 15090
              protocol: TCP
          podSelector:
            matchLabels:
              app.kubernetes.io/name: web
          policyTypes:
          - Ingress
        ");
    }
}

mod scripts {
    use super::{file, with};

    /// A client that is built, a server, a policy, and a test that is without it.
    fn tested(security: &str, is: &str) -> String {
        with(&format!(
            "istio: {{ version: 1.31.1 }}\nsecurity: {{ {security} }}\nnamespaces: {{ shop: {{}} }}\nworkloads: {{ shop/client: {{ build: pydgraph }}, shop/web: {{ image: a/b:1, ports: {{ http: 80 }} }} }}\npolicies: {{ shop/web: {{ allow: [] }} }}\nexpect:\n  before: {{ without: [NetworkPolicy], claims: [{{ from: [shop/client], to: shop/web, is: {is} }}] }}\n  then: {{ title: closed, claims: [{{ from: [shop/client], to: shop/web, is: timeout }}] }}"
        ))
    }

    fn deployed(spec: &str) -> bool {
        file(spec, "scripts/deploy.sh").contains("apps/shop/network_policy.yaml")
    }

    #[test]
    fn a_test_may_show_first_how_it_is_without_policies() {
        let spec = tested("", "open");
        assert!(!deployed(&spec));
        let then = file(&spec, "scripts/then.sh");
        assert!(then.contains("kube apply --filename 'apps/shop/network_policy.yaml'"), "{then}");
    }

    #[test]
    fn what_is_denied_by_default_is_closed_from_the_start() {
        assert!(deployed(&tested("deny: [ingress]", "open")));
        assert!(deployed(&tested("", "reset")));
    }

    #[test]
    fn a_claim_is_a_probe_for_each_client_and_port() {
        let spec = with(
            "namespaces: { a: {}, b: {}, graph: {} }\nreleases: { graph/demo: { dgraph: {} } }\nworkloads: { a/client: { build: pydgraph }, b/client: { build: pydgraph } }\nexpect: { all: { title: all of it, claims: [{ from: [a/*, b/client], to: graph/*, is: open }] } }",
        );
        let script = file(&spec, "scripts/all.sh");
        let probes: Vec<&str> = script.lines().filter(|l| l.starts_with("claim ")).collect();
        insta::assert_snapshot!(probes.join("\n"), @"
        claim grpc 'a' 'deployment/client' '' false 'demo-dgraph-alpha.graph.svc.cluster.local' 9080 open 'api.Dgraph/CheckVersion' 'api.proto'
        claim http 'a' 'deployment/client' '' false 'demo-dgraph-alpha.graph.svc.cluster.local' 8080 open 'GET' '/health'
        claim grpc 'a' 'deployment/client' '' false 'demo-dgraph-zero.graph.svc.cluster.local' 5080 open 'api.Dgraph/CheckVersion' 'api.proto'
        claim http 'a' 'deployment/client' '' false 'demo-dgraph-zero.graph.svc.cluster.local' 6080 open 'GET' '/health'
        claim grpc 'b' 'deployment/client' '' false 'demo-dgraph-alpha.graph.svc.cluster.local' 9080 open 'api.Dgraph/CheckVersion' 'api.proto'
        claim http 'b' 'deployment/client' '' false 'demo-dgraph-alpha.graph.svc.cluster.local' 8080 open 'GET' '/health'
        claim grpc 'b' 'deployment/client' '' false 'demo-dgraph-zero.graph.svc.cluster.local' 5080 open 'api.Dgraph/CheckVersion' 'api.proto'
        claim http 'b' 'deployment/client' '' false 'demo-dgraph-zero.graph.svc.cluster.local' 6080 open 'GET' '/health'
        ");
    }

    #[test]
    fn the_add_on_gets_its_gateways() {
        let spec = "meshgen: v1\nproject: shop1\ncluster: { aks: { location: westus2 } }\nistio: { managed: { revision: asm-1-30, ingressGateways: [internal] } }\n";
        assert!(file(spec, "scripts/install_istio.sh").contains("--ingress-gateway-type 'internal'"));
    }

    #[test]
    fn without_a_mesh_there_is_none_to_install() {
        let spec = "meshgen: v1\nproject: shop\ncluster: { kind: {} }\nnamespaces: { shop: {} }\n";
        let readme = file(spec, "README.md");
        let said: Vec<&str> =
            readme.lines().filter(|l| l.contains("mesh") && !l.contains("meshgen")).collect();
        insta::assert_snapshot!(said.join("\n"), @"
        The same project without a cloud: Kubernetes in containers on this machine, with Calico 3.32.2 and no mesh.
        There is none: no pod is in a mesh, and there is nothing to install.
        ");
        assert!(!readme.contains("Istio none"));
        assert!(!file(spec, "scripts/install_istio.sh").contains("istiod"));
    }

    #[test]
    fn manifests_alone_need_no_scripts() {
        let spec = with("namespaces: { shop: {} }\nworkloads: { shop/web: { image: a/b:1 } }");
        insta::assert_snapshot!(super::paths(&spec, ""), @"
        apps/shop/namespace.yaml
        apps/shop/workloads/web.yaml
        kustomization.yaml
        ");
    }
}
