{{- define "canslim.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
Short enough for every suffix: a pool's name, or what StatefulSets, Jobs and CronJobs append. A name that has to be cut
ends in a hash of the whole, so that two long ones stay two.
*/}}
{{- define "canslim.fullname" -}}
{{- $name := include "canslim.name" . -}}
{{- $usual := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- $full := .Values.fullnameOverride | default $usual -}}
{{- if gt (len $full) 40 -}}
{{- printf "%s-%s" ($full | trunc 33 | trimSuffix "-") ($full | sha256sum | trunc 6) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{/* What selects all pods of the release. Deployments can't change it, so never add to it. */}}
{{- define "canslim.releaseLabels" -}}
app.kubernetes.io/name: {{ include "canslim.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What selects the pods of a component: (dict "root" $ "component" "api"). */}}
{{- define "canslim.selectorLabels" -}}
{{ include "canslim.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component | quote }}
{{- end -}}

{{/* A map of strings, whatever they hold. */}}
{{- define "canslim.strings" -}}
{{- range $key, $value := . }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* The labels of an object: (dict "root" $ "component" "api"), with those of "extra" where given. */}}
{{- define "canslim.labels" -}}
{{- $chart := dict
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")
      "app.kubernetes.io/version" .root.Chart.AppVersion
      "app.kubernetes.io/managed-by" .root.Release.Service
      "app.kubernetes.io/part-of" "canslim" -}}
{{- merge $chart (include "canslim.podLabels" . | fromYaml) | toYaml -}}
{{- end -}}

{{/* The labels of a pod. Without versions, so that a new chart alone restarts nothing. */}}
{{- define "canslim.podLabels" -}}
{{- merge (include "canslim.selectorLabels" . | fromYaml) (.extra | default dict) .root.Values.commonLabels | toYaml -}}
{{- end -}}
