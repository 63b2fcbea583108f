{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Every header that any header set can emit, and Cookie if it is rewritten. Traefik deletes the listed headers of a
     request and copies those of the response, so each middleware lists all of them.
     As {"identity": […], "response": […]}. */}}
{{- define "sallyport.headers" -}}
{{- $names := list "X-Forwarded-User" "X-Forwarded-Email" "X-Forwarded-Groups" -}}
{{- $names = append $names "X-Forwarded-Preferred-Username" -}}
{{- $names = concat $names (list "Remote-User" "Remote-Email" "Remote-Groups" "Remote-Name") -}}
{{- range $set, $headers := .Values.config.headers -}}
{{- range $name, $_ := omit $headers "encode" -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- $unique := (include "sallyport.distinct" $names | fromJson).items -}}
{{- $response := $unique -}}
{{- if include "sallyport.impersonates" . -}}
{{- $response = concat $response (list "Impersonate-User" "Impersonate-Group") -}}
{{- end -}}
{{- if .Values.config.strip_session_cookie -}}
{{- $response = append $response "Cookie" -}}
{{- end -}}
{{- dict "identity" $unique "response" $response | toJson -}}
{{- end }}

{{/* Not empty if a chain or a bare `/` names a set that emits Impersonate-*. There these headers are refused, not
     deleted: a client that asks to act as somebody else must learn that this does not work. */}}
{{- define "sallyport.impersonates" -}}
{{- $words := list (.Values.config.root_query | default "") -}}
{{- range include "sallyport.middlewares" . | fromJson -}}
{{- $words = append $words .headers -}}
{{- end -}}
{{- if regexMatch "(^|[=,& ])(kubernetes|impersonate)($|[,& ])" (join " " $words) -}}true{{- end -}}
{{- end }}

{{/* The distinct names of a list, ignoring case. As {"items": […]}. */}}
{{- define "sallyport.distinct" -}}
{{- $seen := dict -}}
{{- $distinct := list -}}
{{- range . -}}
{{- if not (hasKey $seen (lower .)) -}}
{{- $distinct = append $distinct . -}}
{{- $_ := set $seen (lower .) true -}}
{{- end -}}
{{- end -}}
{{- dict "items" $distinct | toJson -}}
{{- end }}

{{/* Headers about its own request that a client must not send. Nobody else needs the first three.
     `traefik.keepHeaders` may name the others, which a load balancer writes or an application needs.
     As {"always": […], "usually": […]}. */}}
{{- define "sallyport.claims" -}}
{{- $always := list "X-Forwarded-Uri" "X-Forwarded-Method" "X-Forwarded-Prefix" -}}
{{- $usually := list "X-Forwarded-Host" "X-Original-URL" "X-Original-URI" "X-Rewrite-URL" -}}
{{- $usually = concat $usually (list "X-Original-Method" "X-HTTP-Method-Override") -}}
{{- $usually = concat $usually (list "X-HTTP-Method" "X-Method-Override") -}}
{{- dict "always" $always "usually" $usually | toJson -}}
{{- end }}

{{/* Every header that the middleware `clean` deletes. As {"items": […]}. */}}
{{- define "sallyport.deleted" -}}
{{- $claims := include "sallyport.claims" . | fromJson -}}
{{- $names := $claims.always -}}
{{- $kept := list -}}
{{- range .Values.traefik.keepHeaders -}}{{- $kept = append $kept (lower .) -}}{{- end -}}
{{- range $claims.usually -}}
{{- if not (has (lower .) $kept) -}}{{- $names = append $names . -}}{{- end -}}
{{- end -}}
{{- $names = concat $names .Values.traefik.deleteHeaders (include "sallyport.headers" . | fromJson).identity -}}
{{- include "sallyport.distinct" $names -}}
{{- end }}

{{/* The middlewares by name: one for each policy, and those of `traefik.middlewares`, which may add options to one of a
     policy. As {NAME: {policy, headers, stripPrefixes, readOnly, proxyKey, proxyKeySecret}}. */}}
{{- define "sallyport.middlewares" -}}
{{- $all := dict -}}
{{- $policies := .Values.config.policies | default dict -}}
{{- range $name, $_ := $policies -}}
{{- $_ := set $all $name (dict "policy" $name "headers" "identity" "stripPrefixes" list) -}}
{{- end -}}
{{- range $name, $given := .Values.traefik.middlewares -}}
{{- $usual := dict "policy" "default" "headers" "identity" "stripPrefixes" list -}}
{{- $base := get $all $name | default $usual -}}
{{- $chain := merge (dict) $given $base -}}
{{- if $given.readOnly -}}{{- $_ := set $chain "policy" (include "sallyport.readOnlyPolicy" $) -}}{{- end -}}
{{- $_ := set $all $name $chain -}}
{{- end -}}
{{- $all | toJson -}}
{{- end }}

{{/* The name of a middleware's object. Takes (dict "root" $ "name" NAME). */}}
{{- define "sallyport.middleware" -}}
{{- $fullname := include "sallyport.fullname" .root -}}
{{- if eq .name "default" -}}
{{- $fullname -}}
{{- else -}}
{{- printf "%s-%s" $fullname (.name | lower | replace "_" "-" | replace "." "-") -}}
{{- end -}}
{{- end }}

{{/* ---- proxy keys -------------------------------------------------------------------------------- */}}

{{/* Not empty if the header sets of a chain carry a credential, so that it has a proxy key. Takes its `headers`. */}}
{{- define "sallyport.carries" -}}
{{- if regexMatch "(^|,)(kubernetes|bearer)($|,)" . -}}true{{- end -}}
{{- end }}

{{/* The name of the file with the key of a chain, beside the configuration. A binding names it. Takes the chain's name. */}}
{{- define "sallyport.proxyKeyFile" -}}
{{- printf "proxy-key-%s" (lower . | replace "_" "-" | replace "." "-") -}}
{{- end }}

{{/* The Secret with that key. Takes (dict "root" $ "name" NAME "middleware" M). */}}
{{- define "sallyport.proxyKeySecret" -}}
{{- default (printf "%s-key" (include "sallyport.middleware" .)) .middleware.proxyKeySecret -}}
{{- end }}

{{/* The lines of that Secret in the cluster; empty if there is none, or no cluster. Takes the same. */}}
{{- define "sallyport.proxyKeysFound" -}}
{{- $found := lookup "v1" "Secret" (include "sallyport.namespace" .root) (include "sallyport.proxyKeySecret" .) | default dict -}}
{{- get ($found.data | default dict) "proxy-key" | b64dec -}}
{{- end }}

{{/* The chains that have a key, as {NAME: MIDDLEWARE}. */}}
{{- define "sallyport.keyed" -}}
{{- $keyed := dict -}}
{{- if .Values.traefik.enabled -}}
{{- range $name, $middleware := include "sallyport.middlewares" . | fromJson -}}
{{- if include "sallyport.carries" $middleware.headers -}}{{- $_ := set $keyed $name $middleware -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $keyed -}}
{{- end }}

{{/* The address that Traefik calls, with the query of one middleware. Takes (dict "root" $ "middleware" M). */}}
{{- define "sallyport.address" -}}
{{- $query := list -}}
{{- if ne .middleware.policy "default" -}}
{{- $query = append $query (printf "policy=%s" .middleware.policy) -}}
{{- end -}}
{{- if ne .middleware.headers "identity" -}}
{{- $query = append $query (printf "headers=%s" .middleware.headers) -}}
{{- end -}}
{{- if .middleware.stripPrefixes -}}
{{- $query = append $query "prefix=1" -}}
{{- end -}}
{{- $path := printf "%s/auth/traefik" (include "sallyport.origin" .root) -}}
{{- if $query -}}{{- printf "%s?%s" $path (join "&" $query) -}}{{- else -}}{{- $path -}}{{- end -}}
{{- end }}

{{/* The metadata of Traefik's objects, without the name. Takes (dict "root" $ "namespace" NAMESPACE). */}}
{{- define "sallyport.traefikMetadata" -}}
namespace: {{ .namespace | quote }}
{{- $labels := merge (include "sallyport.ownLabels" .root | fromYaml) .root.Values.traefik.labels }}
{{- include "sallyport.marks" (dict "root" .root "labels" $labels "annotations" .root.Values.traefik.annotations) }}
{{- end }}
