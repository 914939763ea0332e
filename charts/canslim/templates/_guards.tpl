{{/* What the schema can't say. A message names the values and what to do. */}}
{{- define "canslim.guards" -}}
{{- include "canslim.guardServers" . -}}
{{- include "canslim.guardImages" . -}}
{{- include "canslim.guardPools" . -}}
{{- include "canslim.guardCapabilities" . -}}
{{- with .Values.api.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "api.autoscaling.minReplicas %d is more than maxReplicas %d" (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.api.ingress.enabled (not .Values.api.ingress.host) -}}
{{- fail "api.ingress.enabled needs api.ingress.host" -}}
{{- end -}}
{{- $fullname := include "canslim.fullname" . -}}
{{- if regexMatch "^[0-9]" $fullname -}}
{{- fail (printf "%s begins with a digit, which no service's name may: set fullnameOverride" $fullname) -}}
{{- end -}}
{{- if has $fullname (list "y" "n" "yes" "no" "on" "off" "true" "false" "null") -}}
{{- fail (printf "%s is a word of YAML's and no name: set another fullnameOverride" $fullname) -}}
{{- end -}}
{{- if and (eq .Values.settings.provider "files") (not .Values.settings.files.existingClaim) -}}
{{- fail "settings.provider files needs settings.files.existingClaim, the volume with the files" -}}
{{- end -}}
{{- end -}}

{{- define "canslim.guardServers" -}}
{{- $servers := list
      (dict "secret" "database" "server" "postgresql" "what" "PostgreSQL's address")
      (dict "secret" "redis" "server" "valkey" "what" "Redis' address") -}}
{{- range $servers -}}
{{- $named := (get $.Values .secret).existingSecret -}}
{{- $bundled := (get $.Values .server).bundled -}}
{{- if and $named $bundled -}}
{{- fail (printf "%s.existingSecret and %s.bundled are both given: choose one" .secret .server) -}}
{{- else if not (or $named $bundled) -}}
{{- fail (printf "%s.existingSecret must name the secret with %s; for a trial, %s.bundled=true brings a server along" .secret .what .server) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.migration.hook .Values.postgresql.bundled -}}
{{- fail "migration.hook can't be used with postgresql.bundled: the hook runs before the server exists" -}}
{{- end -}}
{{- end -}}

{{- define "canslim.guardImages" -}}
{{- $images := dict "postgresql.image" .Values.postgresql.image "valkey.image" .Values.valkey.image -}}
{{- range list "api" "collector" "scoring" -}}
{{- $one := get $.Values.images . -}}
{{- $_ := set $images (printf "images.%s" .) (dict "registry" $.Values.images.registry "repository" $one.repository) -}}
{{- end -}}
{{- range $name, $one := $images -}}
{{- if and $one.registry (contains ":" $one.repository) -}}
{{- fail (printf "%s.repository %s names a registry itself, behind the registry %s: leave one of them out" $name $one.repository $one.registry) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "canslim.guardPools" -}}
{{- $taken := list "api" "database" "migration" "monitoring" "network" "postgresql" "refresh" "settings" "test" "valkey" -}}
{{- $services := list -}}
{{- range $name, $pool := include "canslim.pools" . | fromJson -}}
{{- $own := get $.Values.pools $name -}}
{{- $scaling := $pool.autoscaling -}}
{{- $services = append $services $pool.service -}}
{{- if has $name $taken -}}
{{- fail (printf "pools.%s: the chart uses this name itself; choose another one" $name) -}}
{{- end -}}
{{- if eq $scaling.mode "fixed" -}}
{{- range $key := keys (omit ($own.autoscaling | default dict) "mode") | sortAlpha -}}
{{- fail (printf "pools.%s.autoscaling.%s means nothing in mode fixed: set pools.%s.autoscaling.mode to hpa or keda, or pools.%s.replicas" $name $key $name $name) -}}
{{- end -}}
{{- else -}}
{{- if hasKey $own "replicas" -}}
{{- fail (printf "pools.%s.replicas means nothing in mode %s, which owns the count: set pools.%s.autoscaling.minReplicas" $name $scaling.mode $name) -}}
{{- end -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- fail (printf "pools.%s.autoscaling.minReplicas %d is more than maxReplicas %d" $name (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- else if gt (int $scaling.minReplicas) (int $pool.most) -}}
{{- fail (printf "pools.%s.autoscaling.minReplicas %d is more than the %d pods of %d threads that settings.yahoo.inFlight %d keeps busy" $name (int $scaling.minReplicas) (int $pool.most) (int $pool.threads) (int $.Values.settings.yahoo.inFlight)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list "collector" "scoring" -}}
{{- if not (has . $services) -}}
{{- fail (printf "no pool has service %s, so no refresh would end" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "canslim.guardCapabilities" -}}
{{- if and (has "keda" (include "canslim.modes" . | fromJsonArray)) (not (.Capabilities.APIVersions.Has "keda.sh/v1alpha1")) -}}
{{- fail "a pool scales in mode keda, but the cluster has no ScaledObject (keda.sh/v1alpha1): install KEDA, or set the pool's autoscaling.mode to fixed or hpa; without a cluster, render with --api-versions keda.sh/v1alpha1" -}}
{{- end -}}
{{- if not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
{{- range $kind, $value := dict "PodMonitor" "podMonitor" "PrometheusRule" "rules" -}}
{{- if (get $.Values.monitoring $value).enabled -}}
{{- fail (printf "monitoring.%s.enabled is true, but the cluster has no %s (monitoring.coreos.com/v1): install the Prometheus operator, or set it to false; without a cluster, render with --api-versions monitoring.coreos.com/v1" $value $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
