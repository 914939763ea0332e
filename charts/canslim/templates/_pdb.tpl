{{/* (dict "root" $ "component" "api" "name" NAME "maxUnavailable" 1) */}}
{{- define "canslim.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels:
    {{- include "canslim.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ kindIs "string" .maxUnavailable | ternary (quote .maxUnavailable) (int64 .maxUnavailable) }}
  # A pod that isn't ready anyway must not block the drain of its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "canslim.selectorLabels" . | nindent 6 }}
{{- end -}}
