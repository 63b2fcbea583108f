{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Checks that a schema cannot express. All faults are reported at once. */}}
{{- define "sallyport.check" -}}
{{- $faults := list -}}
{{- range (list "names" "required" "trust" "clientSecret" "issuerCA" "tls" "traefikTls" "hosts" "pages" "middlewares" "readOnly" "proxyKeys" "rights" "pods" "renewal") -}}
{{- $faults = concat $faults (include (printf "sallyport.check.%s" .) $ | fromJson).faults -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n\nThese values cannot be installed:\n  - %s\n" (join "\n  - " $faults)) -}}
{{- end -}}
{{- end }}

{{/* Values of other charts, which hints.yaml lists. The schema accepts them, so that this message is printed. */}}
{{- define "sallyport.check.names" -}}
{{- $faults := list -}}
{{- $hints := .Files.Get "hints.yaml" | fromYaml -}}
{{- range $path, $text := merge (dict) $hints.renamed $hints.otherwise -}}
{{- $at := dict "there" $.Values -}}
{{- range splitList "." $path -}}
{{- $here := $at.there -}}
{{- $at = dict -}}
{{- if kindIs "map" $here -}}{{- if hasKey $here . -}}{{- $at = dict "there" (get $here .) -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if hasKey $at "there" -}}
{{- $faults = append $faults (printf (hasKey $hints.renamed $path | ternary "%s: in this chart, use %s" "%s: this chart has no such value: %s") $path $text) -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{/* Values without a default, and how to find them. */}}
{{- define "sallyport.check.required" -}}
{{- $faults := list -}}
{{- if not (or .Values.trustedProxies (include "sallyport.knowsCertificatesAlone" .)) -}}
{{- $networks := printf "the first command prints the addresses of Traefik's pods (column IP), the second the networks that contain them, which on k3s and RKE2 are in 10.42.0.0/16:\n      %s\n      %s" (include "sallyport.listTraefik" .) (include "sallyport.listNetworks" .) -}}
{{- if eq .Values.platform "eks" -}}
{{- $networks = printf "pods have addresses of the VPC, so name the subnets of the nodes that Traefik runs on; this prints the addresses of Traefik's pods (column IP):\n      %s" (include "sallyport.listTraefik" .) -}}
{{- end -}}
{{- $faults = append $faults (printf "trustedProxies: name the networks that Traefik's connections come from, such as [10.42.0.0/16]; %s" $networks) -}}
{{- end -}}
{{- if not .Values.config.issuer -}}
{{- $faults = append $faults "config.issuer: name your issuer by the URL that its discovery document has as issuer; for Dex it is issuer in Dex's own configuration. To see it:\n      curl https://ISSUER/.well-known/openid-configuration" -}}
{{- end -}}
{{- if not .Values.config.client_id -}}
{{- $faults = append $faults "config.client_id: name the client that sallyport uses at the issuer; for Dex it is the id of an entry in staticClients. If there is none yet, choose one, such as the name of the cluster: the notes after the installation show its entry" -}}
{{- end -}}
{{- if not .Values.config.policies -}}
{{- $faults = append $faults "config.policies: define who may do what; {default: authenticated} lets in everybody who can sign in at the issuer" -}}
{{- else if not .Values.config.policies.default -}}
{{- $faults = append $faults "config.policies: default is missing, the policy of a middleware that names no other; authenticated lets in everybody who can sign in at the issuer" -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.sidecar.enabled) -}}
{{- $given := .Values.networkPolicy.traefik | default dict -}}
{{- if not (or (include "sallyport.traefikPeer" . | fromJson).namespaceLabels $given.cidrs) -}}
{{- $faults = append $faults (printf "networkPolicy.traefik.namespaceLabels: name the namespace of Traefik, as {kubernetes.io/metadata.name: NAMESPACE}, or platform: k3s or rke2, whose own Traefik is in kube-system; connections from elsewhere are blocked. This prints it (column NAMESPACE):\n      %s" (include "sallyport.listTraefik" .)) -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.trust" -}}
{{- $faults := list -}}
{{- range .Values.trustedProxies -}}
{{- if regexMatch "/0+$" . -}}
{{- $faults = append $faults (printf "trustedProxies: %s is everybody: name the network of Traefik's pods" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.sidecar.enabled .Values.trustedProxies -}}
{{- $loopback := without .Values.trustedProxies "127.0.0.1" "127.0.0.1/32" "127.0.0.0/8" -}}
{{- if eq (len $loopback) (len .Values.trustedProxies) -}}
{{- $faults = append $faults "trustedProxies: Traefik calls a sidecar over loopback, so add 127.0.0.1/32" -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{/* Processes do not know each other's refresh tokens. */}}
{{- define "sallyport.check.renewal" -}}
{{- $faults := list -}}
{{- $most := .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- $several := or .Values.sidecar.enabled (gt $most 1) -}}
{{- if and .Values.config.renew $several (not .Values.allowRenewWithoutStore) -}}
{{- $cure := .Values.autoscaling.enabled | ternary "autoscaling.enabled: false and replicas: 1" "replicas: 1" -}}
{{- $faults = append $faults (printf "config.renew: pods do not know each other's refresh tokens, and some issuers end all sessions of a user when a token is used twice: set %s, or allowRenewWithoutStore: true" $cure) -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.clientSecret" -}}
{{- $faults := list -}}
{{- $given := .Values.clientSecret -}}
{{- $public := eq (default "" .Values.config.client_auth) "none" -}}
{{- $letters := regexReplaceAll "[^a-z0-9]" (lower $given.value) "" -}}
{{- $placeholder := "^(change(me|it|this)|replace(me|this)?|(your|my|the|example|dummy|test)?(client)?secret(here)?|password|placeholder|example|todo|tbd|fixme|none|null|undefined|insert.*here|zxhhbxbszs1hchatc2vjcmv0)$" -}}
{{- if and $given.existingSecret $given.value -}}
{{- $faults = append $faults "clientSecret: existingSecret and value are both given: keep one" -}}
{{- else if and $public (or $given.existingSecret $given.value) -}}
{{- $faults = append $faults "clientSecret: config.client_auth is none, a public client, and has no secret: remove one of the two" -}}
{{- else if not (or $public $given.existingSecret $given.value) -}}
{{- $faults = append $faults "clientSecret: give existingSecret, or value, or set config.client_auth: none for a public client" -}}
{{- end -}}
{{- if $given.value -}}
{{- if or (regexMatch $placeholder $letters) (regexMatch "^[^a-z0-9]*$|<.*>|x{4}|\\$\\{|\\{\\{" (lower $given.value)) -}}
{{- $faults = append $faults "clientSecret: value is a placeholder: write the secret that the issuer has for this client; openssl rand -hex 32 makes one" -}}
{{- else if lt (len $given.value) 16 -}}
{{- $faults = append $faults "clientSecret: value has less than 16 characters: openssl rand -hex 32 makes one that nobody guesses" -}}
{{- else if ne (trim $given.value) $given.value -}}
{{- $faults = append $faults "clientSecret: value begins or ends with white space" -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.issuerCA" -}}
{{- $faults := list -}}
{{- $given := compact (list .Values.issuerCA.existingConfigMap .Values.issuerCA.existingSecret .Values.issuerCA.pem) -}}
{{- if gt (len $given) 1 -}}
{{- $faults = append $faults "issuerCA: existingConfigMap, existingSecret and pem exclude each other: keep one" -}}
{{- end -}}
{{- with .Values.issuerCA.pem -}}
{{- if contains "PRIVATE KEY" . -}}
{{- $faults = append $faults "issuerCA: pem holds a private key, and would be in a ConfigMap: give the certificate alone" -}}
{{- else if not (contains "-----BEGIN CERTIFICATE-----" .) -}}
{{- $faults = append $faults "issuerCA: pem is no certificate: it must have a line -----BEGIN CERTIFICATE-----" -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{/* "yes" if the pods accept clients by certificate only, and have no other listener for Traefik. */}}
{{- define "sallyport.knowsCertificatesAlone" -}}
{{- if and .Values.tls.enabled .Values.tls.clientNames (eq .Values.pages.kind "none") -}}yes{{- end -}}
{{- end }}

{{- define "sallyport.check.tls" -}}
{{- $faults := list -}}
{{- $tls := .Values.tls -}}
{{- $authority := compact (list $tls.clientCA.existingConfigMap $tls.clientCA.existingSecret) -}}
{{- if not $tls.enabled -}}
{{- if $tls.clientNames -}}
{{- $faults = append $faults "tls.clientNames: without tls.enabled no certificate is requested, and everybody in trustedProxies may connect" -}}
{{- end -}}
{{- else -}}
{{- if .Values.sidecar.enabled -}}
{{- $faults = append $faults "tls.enabled: Traefik calls a sidecar over loopback, which needs no TLS: remove one of the two" -}}
{{- end -}}
{{- if not (or $tls.secretName $tls.certManager.enabled) -}}
{{- $faults = append $faults (printf "tls.secretName: name a Secret of the type kubernetes.io/tls, whose certificate is for %s.%s.svc, or set tls.certManager.enabled" (include "sallyport.fullname" .) (include "sallyport.namespace" .)) -}}
{{- end -}}
{{- if and $tls.certManager.enabled (not $tls.certManager.issuerRef.name) -}}
{{- $faults = append $faults "tls.certManager.issuerRef: name the Issuer or ClusterIssuer that signs, as {name: NAME, kind: Issuer}. This prints them:\n      kubectl get issuers,clusterissuers --all-namespaces" -}}
{{- end -}}
{{- if and $authority (not $tls.clientNames) -}}
{{- $faults = append $faults "tls.clientCA: needs tls.clientNames, the names in the certificates of the accepted clients: a CA also signs the certificates of others" -}}
{{- else if gt (len $authority) 1 -}}
{{- $faults = append $faults "tls.clientCA: existingConfigMap and existingSecret exclude each other: keep one" -}}
{{- else if and $tls.clientNames (not (or $authority $tls.certManager.enabled)) -}}
{{- $faults = append $faults "tls.clientNames: needs tls.clientCA, the CA that signs the certificates with these names" -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{/* Checks that Traefik trusts the pods, and has the certificate that they request. */}}
{{- define "sallyport.check.traefikTls" -}}
{{- $faults := list -}}
{{- $tls := .Values.tls -}}
{{- $address := .Values.traefik.address | default "" -}}
{{- if and $tls.enabled (hasPrefix "http:" $address) -}}
{{- $faults = append $faults "traefik.address: with tls.enabled it must begin with https://" -}}
{{- else if and (not $tls.enabled) (hasPrefix "https:" $address) -}}
{{- $faults = append $faults "traefik.address: without tls.enabled it must begin with http://" -}}
{{- end -}}
{{- if and $tls.enabled .Values.traefik.enabled -}}
{{- if and $tls.clientNames (not (or $tls.certSecret (include "sallyport.makesTraefikSecret" .))) -}}
{{- $faults = append $faults "tls.certSecret: name the Secret with the certificate that Traefik presents, in each namespace that has chains" -}}
{{- else if and $tls.certSecret (not $tls.clientNames) -}}
{{- $faults = append $faults "tls.certSecret: needs tls.clientNames: without them the pods request no certificate" -}}
{{- end -}}
{{- if and $tls.certManager.enabled $tls.certSecret (not $tls.caSecret) -}}
{{- $faults = append $faults "tls.caSecret: also name the Secret with the CA of tls.certManager, or remove certSecret" -}}
{{- end -}}
{{- $issuer := $tls.certManager.issuerRef -}}
{{- if and .Values.traefik.namespaces (include "sallyport.makesTraefikSecret" .) (eq $issuer.kind "Issuer") (eq $issuer.group "cert-manager.io") -}}
{{- $faults = append $faults "tls.certManager.issuerRef: an Issuer signs only in its own namespace, and traefik.namespaces has others: name a ClusterIssuer, or give caSecret and certSecret" -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.hosts" -}}
{{- $faults := list -}}
{{- $config := .Values.config -}}
{{- $hosts := (include "sallyport.list" (dict "value" $config.hosts) | fromJson).items -}}
{{- range $name := list "callback_host" "cookie_domain" -}}
{{- if and (get $config $name) (not $hosts) -}}
{{- $faults = append $faults (printf "config.%s: needs config.hosts, the list of the protected origins" $name) -}}
{{- end -}}
{{- end -}}
{{- if and $config.callback_host $hosts -}}
{{- $below := regexReplaceAll "^(https?)://[^.]*\\." $config.callback_host "${1}://*." -}}
{{- if not (or (has $config.callback_host $hosts) (has $below $hosts)) -}}
{{- $faults = append $faults (printf "config.callback_host: %s is not among config.hosts: add it there" $config.callback_host) -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.pages" -}}
{{- $faults := list -}}
{{- if and (eq .Values.pages.kind "httproute") (not .Values.pages.httproute.parentRefs) -}}
{{- $faults = append $faults "pages.httproute.parentRefs: name the Gateway that has the routes, as [{name: NAME, namespace: NAMESPACE}]. This prints them:\n      kubectl get gateways --all-namespaces" -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.middlewares" -}}
{{- $faults := list -}}
{{- $root := . -}}
{{- $prefixes := (include "sallyport.list" (dict "value" .Values.config.forwarded_prefixes) | fromJson).items -}}
{{- $builtIn := list "identity" "remote" "impersonate" "kubernetes" "bearer" -}}
{{- $sets := concat $builtIn (keys (.Values.config.headers | default dict)) -}}
{{- range .Values.traefik.deleteHeaders -}}
{{- if has (lower .) (list "cookie" "host" "authorization" "accept" "origin" "x-forwarded-proto" "x-forwarded-for") -}}
{{- $faults = append $faults (printf "traefik.deleteHeaders: %s is needed for correct decisions: remove it from the list" .) -}}
{{- end -}}
{{- end -}}
{{- $claims := include "sallyport.claims" . | fromJson -}}
{{- $deleted := list -}}
{{- range .Values.traefik.deleteHeaders -}}{{- $deleted = append $deleted (lower .) -}}{{- end -}}
{{- range .Values.traefik.keepHeaders -}}
{{- if not (has (lower .) (splitList " " (join " " $claims.usually | lower))) -}}
{{- $faults = append $faults (printf "traefik.keepHeaders: %s is not among the headers that can be kept: %s" . (join ", " $claims.usually)) -}}
{{- else if has (lower .) $deleted -}}
{{- $faults = append $faults (printf "traefik.keepHeaders: %s is in traefik.deleteHeaders too" .) -}}
{{- end -}}
{{- end -}}
{{- $objects := dict (printf "%s-clean" (include "sallyport.fullname" .)) "the chart's own" -}}
{{- range $name, $middleware := include "sallyport.middlewares" . | fromJson -}}
{{- $at := printf "traefik.middlewares.%s" $name -}}
{{- if not (or $middleware.readOnly (hasKey $root.Values.config.policies $middleware.policy)) -}}
{{- $faults = append $faults (printf "%s: config.policies has no %s" $at $middleware.policy) -}}
{{- end -}}
{{- range splitList "," $middleware.headers -}}
{{- if not (has . $sets) -}}
{{- $faults = append $faults (printf "%s: config.headers has no %s, and the built-in sets are %s" $at . (join ", " $builtIn)) -}}
{{- end -}}
{{- end -}}
{{- range $middleware.stripPrefixes -}}
{{- if not (has . $prefixes) -}}
{{- $faults = append $faults (printf "%s: strips %s, which config.forwarded_prefixes must list" $at .) -}}
{{- end -}}
{{- end -}}
{{- $object := include "sallyport.middleware" (dict "root" $root "name" $name) -}}
{{- range (list $object (printf "%s-ask" $object) (printf "%s-strip" $object) (printf "%s-key" $object)) -}}
{{- if hasKey $objects . -}}
{{- $faults = append $faults (printf "the middleware %s would have the name %s, like that of %s: rename one" $name . (get $objects .)) -}}
{{- end -}}
{{- $_ := set $objects . $name -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.readOnly" -}}
{{- $faults := list -}}
{{- $root := . -}}
{{- $own := include "sallyport.readOnlyPolicy" . -}}
{{- range $name, $middleware := .Values.traefik.middlewares -}}
{{- if $middleware.readOnly -}}
{{- $at := printf "traefik.middlewares.%s" $name -}}
{{- if or $middleware.policy (hasKey $root.Values.config.policies $name) -}}
{{- $faults = append $faults (printf "%s: readOnly has its own policy: remove one of the two" $at) -}}
{{- end -}}
{{- if not (include "sallyport.boundPrefixes" (dict "root" $root "name" $name) | fromJson).items -}}
{{- $faults = append $faults (printf "%s: readOnly needs a binding of config.credentials, and none has proxy_key_file: %s" $at (include "sallyport.proxyKeyFile" $name)) -}}
{{- end -}}
{{- if hasKey $root.Values.config.policies $own -}}
{{- $faults = append $faults (printf "config.policies: %s is the policy that the chart creates for readOnly of %s: rename yours" $own $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.rights" -}}
{{- $faults := list -}}
{{- range .Values.rbac.impersonateGroups -}}
{{- if eq "*" . -}}
{{- $faults = append $faults "rbac.impersonateGroups: * is not a group: leave the list empty for all groups" -}}
{{- else if hasPrefix "system:" . -}}
{{- $faults = append $faults (printf "rbac.impersonateGroups: %s is a system group; users are only in system:authenticated, which is always included" .) -}}
{{- else if not (hasPrefix ($.Values.config.groups_prefix | default "") .) -}}
{{- $faults = append $faults (printf "rbac.impersonateGroups: %s does not begin with config.groups_prefix, %s, as all groups of users do" . $.Values.config.groups_prefix) -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.proxyKeys" -}}
{{- $faults := list -}}
{{- $root := . -}}
{{- $files := list -}}
{{- range $name, $middleware := include "sallyport.middlewares" . | fromJson -}}
{{- $at := printf "traefik.middlewares.%s" $name -}}
{{- $given := or $middleware.proxyKey $middleware.proxyKeySecret -}}
{{- if and $given (not (include "sallyport.carries" $middleware.headers)) -}}
{{- $faults = append $faults (printf "%s: a proxy key is only for the header sets kubernetes and bearer: the application would see it" $at) -}}
{{- else if and $middleware.proxyKey $middleware.proxyKeySecret -}}
{{- $faults = append $faults (printf "%s: proxyKey and proxyKeySecret are both given: keep one" $at) -}}
{{- else if and $middleware.proxyKeySecret (not (include "sallyport.proxyKeysFound" (dict "root" $root "name" $name "middleware" $middleware))) -}}
{{- $faults = append $faults (printf "%s: there is no Secret %s with a key proxy-key, or helm has no access to a cluster: then give proxyKey" $at $middleware.proxyKeySecret) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := include "sallyport.keyed" . | fromJson -}}
{{- $files = append $files (include "sallyport.proxyKeyFile" $name) -}}
{{- end -}}
{{- range $binding := .Values.config.credentials -}}
{{- $file := $binding.proxy_key_file | default "" -}}
{{- if and (hasPrefix "proxy-key-" $file) (not (has $file $files)) -}}
{{- $faults = append $faults (printf "config.credentials: no chain of traefik.middlewares that carries a credential has the key %s" $file) -}}
{{- end -}}
{{- end -}}
{{- if has (include "sallyport.namespace" .) .Values.traefik.namespaces -}}
{{- $faults = append $faults (printf "traefik.namespaces: %s is the namespace of the release, which always has the chains: remove it" (include "sallyport.namespace" .)) -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}

{{- define "sallyport.check.pods" -}}
{{- $faults := list -}}
{{- $drain := include "sallyport.drainSeconds" . | int -}}
{{- $given := .Values.terminationGracePeriodSeconds | int -}}
{{- if and $given (le $given $drain) -}}
{{- $faults = append $faults (printf "terminationGracePeriodSeconds: %d is not longer than config.drain_delay, %ds: pods would be killed while they drain" $given $drain) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (.Values.autoscaling.minReplicas | int) (.Values.autoscaling.maxReplicas | int)) -}}
{{- $faults = append $faults "autoscaling: minReplicas is more than maxReplicas" -}}
{{- end -}}
{{- $scaler := .Values.autoscaling -}}
{{- if and $scaler.enabled (not (or $scaler.targetCPUUtilizationPercentage $scaler.targetMemoryUtilizationPercentage $scaler.metrics)) -}}
{{- $faults = append $faults "autoscaling: nothing to scale by: give targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage or metrics" -}}
{{- end -}}
{{- if and (eq .Values.service.type "LoadBalancer") (not .Values.service.loadBalancerSourceRanges) -}}
{{- $faults = append $faults "service.loadBalancerSourceRanges: name the networks that Traefik's connections come from: without them the load balancer, and so the auth listener, is open to everybody" -}}
{{- end -}}
{{- range .Values.envFrom -}}
{{- if hasPrefix "SALLYPORT_" (.prefix | default "") -}}
{{- $faults = append $faults "envFrom: variables that begin with SALLYPORT_ are settings, which must be under config" -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if hasPrefix "SALLYPORT_" .name -}}
{{- $faults = append $faults (printf "extraEnv: %s is a setting: write config.%s" .name (.name | trimPrefix "SALLYPORT_" | lower)) -}}
{{- end -}}
{{- end -}}
{{- dict "faults" $faults | toJson -}}
{{- end }}
