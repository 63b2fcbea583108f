{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* ---- templates in values ------------------------------------------------------------------------- */}}

{{/* First in every file of templates: replaces each string of the values that is a template by its result. All
     files share the values, so this happens once; a result is not evaluated again. Values that others depend on come
     first, and extra objects come last, because they may use all others. */}}
{{- define "sallyport.begin" -}}
{{- if not (hasKey .Values "templatesAreResolved") -}}
{{- $first := list "global" "nameOverride" "fullnameOverride" "namespaceOverride" -}}
{{- $others := keys (omit .Values "global" "nameOverride" "fullnameOverride" "namespaceOverride" "extraObjects") -}}
{{- range $key := concat $first (sortAlpha $others) (list "extraObjects") -}}
{{- if hasKey $.Values $key -}}{{- include "sallyport.resolve" (dict "of" $.Values "key" $key "root" $) -}}{{- end -}}
{{- end -}}
{{- $_ := set .Values "templatesAreResolved" true -}}
{{- end -}}
{{- end }}

{{/* The same for the value under a key of a mapping, to any depth. Takes `of`, `key` and `root`. */}}
{{- define "sallyport.resolve" -}}
{{- $value := get .of .key -}}
{{- if kindIs "string" $value -}}
{{- if contains "{{" $value -}}{{- $_ := set .of .key (tpl $value .root) -}}{{- end -}}
{{- else if kindIs "map" $value -}}
{{- range $key := keys $value | sortAlpha -}}
{{- include "sallyport.resolve" (dict "of" $value "key" $key "root" $.root) -}}
{{- end -}}
{{- else if kindIs "slice" $value -}}
{{- $items := list -}}
{{- range $value -}}
{{- $one := dict "item" . -}}
{{- include "sallyport.resolve" (dict "of" $one "key" "item" "root" $.root) -}}
{{- $items = append $items $one.item -}}
{{- end -}}
{{- $_ := set .of .key $items -}}
{{- end -}}
{{- end }}

{{/* ---- the configuration --------------------------------------------------------------------------- */}}

{{/* sallyport.yaml: `config` as given, and the settings that follow from the other values. */}}
{{- define "sallyport.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- with (include "sallyport.readOnlyRules" . | fromJson).rules -}}
{{- $_ := set $config.policies (include "sallyport.readOnlyPolicy" $) . -}}
{{- end -}}
{{- with .Values.trustedProxies -}}
{{- $_ := set $config "trusted_proxies" . -}}
{{- end -}}
{{- $_ := set $config "keys_file" "keys" -}}
{{- if include "sallyport.hasClientSecret" . -}}
{{- $_ := set $config "client_secret_file" "client-secret" -}}
{{- end -}}
{{- if include "sallyport.hasIssuerCA" . -}}
{{- $_ := set $config "issuer_ca_file" "issuer-ca.crt" -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $_ := set $config "tls_cert_file" "tls.crt" -}}
{{- $_ := set $config "tls_key_file" "tls.key" -}}
{{- /* As many as fit into the default of resources.limits.memory, since a connection over TLS takes more. */}}
{{- if not (hasKey $config "max_connections") -}}
{{- $_ := set $config "max_connections" 2048 -}}
{{- end -}}
{{- with .Values.tls.clientNames -}}
{{- $_ := set $config "tls_client_ca_file" "client-ca.crt" -}}
{{- $_ := set $config "tls_client_names" . -}}
{{- end -}}
{{- end -}}
{{- if .Values.sidecar.enabled -}}
{{- $_ := set $config "listen" "127.0.0.1:4181" -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The settings in it that take effect only after a restart. */}}
{{- define "sallyport.fixedSettings" -}}
{{- $config := include "sallyport.config" . | fromYaml -}}
{{- $fixed := dict -}}
{{- range .Files.Get "fixed-settings.yaml" | fromYamlArray -}}
{{- if hasKey $config . -}}{{- $_ := set $fixed . (get $config .) -}}{{- end -}}
{{- end -}}
{{- toYaml $fixed -}}
{{- end }}

{{/* The files of the ConfigMap. */}}
{{- define "sallyport.configData" -}}
sallyport.yaml: |
  # Made by the chart from its values: see `config` there.
  {{- include "sallyport.config" . | nindent 2 }}
{{- with .Values.issuerCA.pem }}
issuer-ca.crt: |
  {{- . | trim | nindent 2 }}
{{- end }}
{{- end }}

{{/* The address of the pod, in brackets if it has colons. */}}
{{- define "sallyport.adminListen" -}}
{{- if eq .Values.ipFamily "IPv6" -}}[$(POD_IP)]:9181{{- else -}}$(POD_IP):9181{{- end -}}
{{- end }}

{{/* A setting that is a string or a list, as a list: {"items": […]}. Takes (dict "value" V). */}}
{{- define "sallyport.list" -}}
{{- $items := list -}}
{{- if kindIs "string" .value -}}
{{- if .value -}}{{- $items = list .value -}}{{- end -}}
{{- else if .value -}}
{{- $items = .value -}}
{{- end -}}
{{- dict "items" $items | toJson -}}
{{- end }}

{{- define "sallyport.prefix" -}}
{{- default "/_sallyport" .Values.config.prefix -}}
{{- end }}

{{- define "sallyport.callbackPath" -}}
{{- default (printf "%s/callback" (include "sallyport.prefix" .)) .Values.config.callback_path -}}
{{- end }}

{{/* How long after SIGTERM requests are accepted, in seconds: "1m30s" is 90. */}}
{{- define "sallyport.drainSeconds" -}}
{{- $total := 0 -}}
{{- $units := dict "s" 1 "m" 60 "h" 3600 "d" 86400 -}}
{{- range regexFindAll "[0-9]+[smhd]" (default "5s" .Values.config.drain_delay) -1 -}}
{{- $n := regexFind "[0-9]+" . | int -}}
{{- $total = add $total (mul $n (get $units (regexFind "[smhd]" .))) -}}
{{- end -}}
{{- $total -}}
{{- end }}

{{/* Requests in progress may take another 26 seconds after the drain. */}}
{{- define "sallyport.graceSeconds" -}}
{{- $least := add (include "sallyport.drainSeconds" . | int) 30 -}}
{{- if .Values.terminationGracePeriodSeconds -}}
{{- .Values.terminationGracePeriodSeconds | int -}}
{{- else -}}
{{- $least -}}
{{- end -}}
{{- end }}

{{/* "yes" if a rule uses the bindings of the API server; else empty. */}}
{{- define "sallyport.readsBindings" -}}
{{- $found := "" -}}
{{- if eq "cluster" (default "cluster" .Values.config.rbac_source) -}}
{{- range $rules := .Values.config.policies -}}
{{- if kindIs "slice" $rules -}}
{{- range $rules -}}
{{- if eq "rbac" .action -}}{{- $found = "yes" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $found -}}
{{- end }}

{{/* The accounts whose tokens bindings need: {NAMESPACE: [NAME, …]}. */}}
{{- define "sallyport.tokenAccounts" -}}
{{- $found := dict -}}
{{- range $binding := .Values.config.credentials -}}
{{- with $binding.service_account -}}
{{- $parts := splitn "/" 2 . -}}
{{- $_ := set $found $parts._0 (append (get $found $parts._0 | default list) $parts._1 | uniq) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{/* "yes" if the API server is needed for one of the two. */}}
{{- define "sallyport.asksCluster" -}}
{{- if or (include "sallyport.readsBindings" .) (include "sallyport.tokenAccounts" . | fromJson) -}}yes{{- end -}}
{{- end }}

{{/* "yes" if it is called with the token of the pod. */}}
{{- define "sallyport.usesToken" -}}
{{- if and (include "sallyport.asksCluster" .) (not .Values.config.kubernetes_kubeconfig) -}}yes{{- end -}}
{{- end }}

{{/* ---- the right to impersonate -------------------------------------------------------------------- */}}

{{/* The rules of `rbac.impersonation`. Constrained: the account may only act as users in groups, which for the API server
     include neither system:masters nor nodes nor service accounts. There is no wildcard for verbs, so each is written
     out: under `resources` those of the API server, under `nonResourceURLs` the HTTP methods. */}}
{{- define "sallyport.impersonationRules" -}}
{{- $constrained := eq .Values.rbac.impersonation "constrained" -}}
{{- $group := $constrained | ternary "authentication.k8s.io" "" -}}
{{- $verb := $constrained | ternary "impersonate:user-info" "impersonate" -}}
- apiGroups: [{{ $group | quote }}]
  resources: [users]
  verbs: [{{ $verb | quote }}]
- apiGroups: [{{ $group | quote }}]
  resources: [groups]
  {{- with .Values.rbac.impersonateGroups }}
  resourceNames: {{ append . "system:authenticated" | uniq | toJson }}
  {{- end }}
  verbs: [{{ $verb | quote }}]
{{- if $constrained }}
- apiGroups: ["*"]
  resources: ["*"]
  verbs:
    {{- range list "get" "list" "watch" "create" "update" "patch" "delete" "deletecollection" }}
    - {{ printf "impersonate-on:user-info:%s" . | quote }}
    {{- end }}
- nonResourceURLs: ["*"]
  verbs:
    {{- range list "get" "head" "post" "put" "patch" "delete" "options" }}
    - {{ printf "impersonate-on:user-info:%s" . | quote }}
    {{- end }}
{{- end }}
{{- end }}

{{/* ---- a chain that only reads --------------------------------------------------------------------- */}}

{{- define "sallyport.readOnlyPolicy" -}}kubernetes-read-only{{- end }}

{{/* The path prefixes of the bindings whose key a chain has. Takes the root and the chain's name.
     As {"items": […]}. */}}
{{- define "sallyport.boundPrefixes" -}}
{{- $file := include "sallyport.proxyKeyFile" .name -}}
{{- $prefixes := list -}}
{{- range $binding := .root.Values.config.credentials -}}
{{- if eq $file ($binding.proxy_key_file | default "") -}}
{{- $prefixes = append $prefixes ($binding.path_prefix | default "/" | trimSuffix "/") -}}
{{- end -}}
{{- end -}}
{{- dict "items" $prefixes | toJson -}}
{{- end }}

{{/* The policy of all chains with `readOnly`. A user who may only get, list and watch can still run commands, because exec
     over WebSocket is a GET. So paths into pods, services and nodes are closed first. As {"rules": […]}, empty if no
     chain has it. */}}
{{- define "sallyport.readOnlyRules" -}}
{{- $root := . -}}
{{- $prefixes := list -}}
{{- range $name, $middleware := .Values.traefik.middlewares -}}
{{- if $middleware.readOnly -}}
{{- $prefixes = concat $prefixes (include "sallyport.boundPrefixes" (dict "root" $root "name" $name) | fromJson).items | uniq -}}
{{- end -}}
{{- end -}}
{{- $denies := list -}}
{{- $reviews := list -}}
{{- range $prefix := $prefixes -}}
{{- $paths := list -}}
{{- range list "exec" "attach" "portforward" "proxy" "proxy/**" -}}
{{- $paths = append $paths (printf "%s/api/*/namespaces/*/pods/*/%s" $prefix .) -}}
{{- end -}}
{{- range list "namespaces/*/services/*/proxy" "nodes/*/proxy" -}}
{{- $paths = concat $paths (list (printf "%s/api/*/%s" $prefix .) (printf "%s/api/*/%s/**" $prefix .)) -}}
{{- end -}}
{{- $denies = append $denies (dict "action" "deny" "path_glob" $paths) -}}
{{- range list "authentication.k8s.io/*/selfsubjectreviews" "authorization.k8s.io/*/selfsubjectaccessreviews" "authorization.k8s.io/*/selfsubjectrulesreviews" -}}
{{- $reviews = append $reviews (printf "%s/apis/%s" $prefix .) -}}
{{- end -}}
{{- end -}}
{{- $rules := list -}}
{{- if $prefixes -}}
{{- $rules = list (dict "action" "deny" "websocket" true) -}}
{{- $rules = concat $rules $denies (list (dict "action" "allow" "method" (list "GET" "HEAD"))) -}}
{{- $rules = append $rules (dict "action" "allow" "method" (list "POST") "path_glob" $reviews) -}}
{{- end -}}
{{- dict "rules" $rules | toJson -}}
{{- end }}
