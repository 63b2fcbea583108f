{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* ---- which hosts --------------------------------------------------------------------------------- */}}

{{/* The hosts that get a route to the pages: those of `config.hosts` and of `pages.hosts`, without
     scheme and port and without the callback host, which has its own route. As {"items": […]}. */}}
{{- define "sallyport.pagesHosts" -}}
{{- $hosts := list -}}
{{- $callback := include "sallyport.hostOf" (.Values.config.callback_host | default "") -}}
{{- range (include "sallyport.list" (dict "value" .Values.config.hosts) | fromJson).items -}}
{{- $hosts = append $hosts (include "sallyport.hostOf" .) -}}
{{- end -}}
{{- $hosts = concat $hosts .Values.pages.hosts | uniq -}}
{{- dict "items" (without $hosts $callback (include "sallyport.kubeconfigHost" .) "") | toJson -}}
{{- end }}

{{/* The host of `kubeconfig.origin`; empty without one. */}}
{{- define "sallyport.kubeconfigHost" -}}
{{- include "sallyport.hostOf" ((.Values.config.kubeconfig | default dict).origin | default "") -}}
{{- end }}

{{/* The host of an origin: no scheme, no port. */}}
{{- define "sallyport.hostOf" -}}
{{- . | lower | trimPrefix "https://" | trimPrefix "http://" | regexFind "^(\\[[^]]*\\]|[^:/]*)" -}}
{{- end }}

{{/* The matcher for a host; `*.` stands for one label. */}}
{{- define "sallyport.hostRule" -}}
{{- if hasPrefix "*." . -}}
{{- printf "HostRegexp(`^[^.]+\\.%s$`)" (trimPrefix "*." . | replace "." "\\.") -}}
{{- else -}}
{{- printf "Host(`%s`)" . -}}
{{- end -}}
{{- end }}

{{/* The matcher for our own pages: the prefix, and the callback if it is elsewhere. */}}
{{- define "sallyport.pathRule" -}}
{{- $prefix := include "sallyport.prefix" . -}}
{{- $callback := include "sallyport.callbackPath" . -}}
{{- if hasPrefix (printf "%s/" $prefix) $callback -}}
{{- printf "PathPrefix(`%s/`)" $prefix -}}
{{- else -}}
{{- printf "(PathPrefix(`%s/`) || Path(`%s`))" $prefix $callback -}}
{{- end -}}
{{- end }}

{{/* The routes to the pages listener: {NAME of the object: {hosts, whole}}. The prefix on each protected host; the
     whole host for `callback_host`, and for the origin of `kubeconfig`, where no other program may respond. An HTTPRoute
     has at most 16 hosts. */}}
{{- define "sallyport.pages" -}}
{{- $name := include "sallyport.fullname" . -}}
{{- $routes := dict -}}
{{- $hosts := (include "sallyport.pagesHosts" . | fromJson).items -}}
{{- $most := eq .Values.pages.kind "httproute" | ternary 16 1024 -}}
{{- range $number, $some := $hosts | chunk $most -}}
{{- $suffix := eq $number 0 | ternary "" (printf "-%d" (add1 $number)) -}}
{{- $_ := set $routes (printf "%s-pages%s" $name $suffix) (dict "hosts" $some "whole" false) -}}
{{- end -}}
{{- $callback := include "sallyport.hostOf" (.Values.config.callback_host | default "") -}}
{{- $kubeconfig := include "sallyport.kubeconfigHost" . -}}
{{- if $callback -}}
{{- $_ := set $routes (printf "%s-callback" $name) (dict "hosts" (list $callback) "whole" true) -}}
{{- end -}}
{{- if and $kubeconfig (ne $kubeconfig $callback) -}}
{{- $_ := set $routes (printf "%s-kubeconfig" $name) (dict "hosts" (list $kubeconfig) "whole" true) -}}
{{- end -}}
{{- toJson $routes -}}
{{- end }}

{{/* ---- the kind of route --------------------------------------------------------------------------- */}}

{{- define "sallyport.pagesService" -}}
{{- default (include "sallyport.fullname" .) .Values.pages.service -}}
{{- end }}

{{/* Each of these takes (dict "root" $ "hosts" HOSTS "whole" BOOLEAN), and creates the `spec` of one route. */}}
{{- define "sallyport.pages.ingressroute" -}}
{{- $root := .root -}}
{{- $whole := .whole -}}
{{- $tls := dict -}}
{{- range $key := list "secretName" "certResolver" -}}
{{- with get $root.Values.traefik.tls $key -}}{{- $_ := set $tls $key . -}}{{- end -}}
{{- end -}}
entryPoints:
  {{- toYaml $root.Values.traefik.entryPoints | nindent 2 }}
routes:
  {{- range .hosts }}
  - kind: Rule
    match: {{ include "sallyport.hostRule" . }}{{ if not $whole }} && {{ include "sallyport.pathRule" $root }}{{ end }}
    {{- with $root.Values.pages.priority }}
    priority: {{ . }}
    {{- end }}
    middlewares:
      - name: {{ include "sallyport.fullname" $root }}-clean
    services:
      - name: {{ include "sallyport.pagesService" $root }}
        port: 4182
  {{- end }}
{{- if $root.Values.traefik.tls.enabled }}
tls: {{ toJson $tls }}
{{- end }}
{{- end }}

{{- define "sallyport.pages.ingress" -}}
{{- $root := .root -}}
{{- $paths := (include "sallyport.pagesPaths" . | fromJson).items -}}
{{- with $root.Values.pages.ingress.className }}
ingressClassName: {{ . }}
{{- end }}
rules:
  {{- range .hosts }}
  - host: {{ . | quote }}
    http:
      paths:
        {{- range $paths }}
        - path: {{ .path | quote }}
          pathType: {{ .exact | ternary "Exact" "Prefix" }}
          backend: {service: {name: {{ include "sallyport.pagesService" $root }}, port: {number: 4182}}}
        {{- end }}
  {{- end }}
{{- if $root.Values.traefik.tls.enabled }}
tls:
  - hosts:
      {{- toYaml .hosts | nindent 6 }}
    {{- with $root.Values.traefik.tls.secretName }}
    secretName: {{ . }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "sallyport.pages.httproute" -}}
{{- $root := .root -}}
parentRefs:
  {{- toYaml $root.Values.pages.httproute.parentRefs | nindent 2 }}
hostnames:
  {{- toYaml .hosts | nindent 2 }}
rules:
  - matches:
      {{- range (include "sallyport.pagesPaths" . | fromJson).items }}
      - path: {type: {{ .exact | ternary "Exact" "PathPrefix" }}, value: {{ .path | quote }}}
      {{- end }}
    {{- if $root.Values.traefik.enabled }}
    filters:
      - type: ExtensionRef
        extensionRef: {group: traefik.io, kind: Middleware, name: {{ include "sallyport.fullname" $root }}-clean}
    {{- end }}
    backendRefs:
      - {name: {{ include "sallyport.pagesService" $root }}, port: 4182}
{{- end }}

{{/* The paths of a route, for kinds that have no rules: {"items": [{path, exact}]}. Takes the same. */}}
{{- define "sallyport.pagesPaths" -}}
{{- $prefix := include "sallyport.prefix" .root -}}
{{- $callback := include "sallyport.callbackPath" .root -}}
{{- $paths := list (dict "path" (.whole | ternary "/" (printf "%s/" $prefix)) "exact" false) -}}
{{- if not (or .whole (hasPrefix (printf "%s/" $prefix) $callback)) -}}
{{- $paths = append $paths (dict "path" $callback "exact" true) -}}
{{- end -}}
{{- dict "items" $paths | toJson -}}
{{- end }}

{{/* The annotations of an Ingress that Traefik reads. */}}
{{- define "sallyport.ingressAnnotations" -}}
{{- $traefik := .Values.traefik -}}
{{- $own := dict "entrypoints" (join "," $traefik.entryPoints) "tls" (toString $traefik.tls.enabled) -}}
{{- if $traefik.enabled -}}
{{- $clean := printf "%s-%s-clean@kubernetescrd" (include "sallyport.namespace" .) (include "sallyport.fullname" .) -}}
{{- $_ := set $own "middlewares" $clean -}}
{{- end -}}
{{- with $traefik.tls.certResolver -}}{{- $_ := set $own "tls.certresolver" . -}}{{- end -}}
{{- with .Values.pages.priority -}}{{- $_ := set $own "priority" (toString .) -}}{{- end -}}
{{- range $key, $value := $own }}
traefik.ingress.kubernetes.io/router.{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}
