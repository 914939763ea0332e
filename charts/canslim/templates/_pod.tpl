{{/* (dict "root" $ "image" .Values.images.api): an image of ours, by default with the tag that all share. */}}
{{- define "canslim.image" -}}
{{- $images := .root.Values.images -}}
{{- include "canslim.imageReference" (dict
      "registry" $images.registry
      "repository" .image.repository
      "tag" (coalesce .image.tag $images.tag .root.Chart.AppVersion)
      "digest" .image.digest) -}}
{{- end -}}

{{- define "canslim.imageReference" -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}

{{/*
What all pods have in common: restricted, without a token of the Kubernetes API, without the variables of service links,
which begin with CANSLIM_ and would be taken for settings, and with the time to drain and 15 s to end after it.
*/}}
{{- define "canslim.podBasics" -}}
terminationGracePeriodSeconds: {{ add (int .Values.drainSeconds) 15 }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "canslim.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* The key of the secret with PostgreSQL's address, and below of that with Redis'. */}}
{{- define "canslim.databaseKey" -}}
{{ .Values.postgresql.bundled | ternary "url" .Values.database.key }}
{{- end -}}

{{- define "canslim.redisKey" -}}
{{ .Values.valkey.bundled | ternary "url" .Values.redis.key }}
{{- end -}}

{{- define "canslim.databaseSecret" -}}
{{ .Values.database.existingSecret | default (printf "%s-postgresql" (include "canslim.fullname" .)) }}
{{- end -}}

{{- define "canslim.redisSecret" -}}
{{ .Values.redis.existingSecret | default (printf "%s-valkey" (include "canslim.fullname" .)) }}
{{- end -}}

{{- define "canslim.adminTokenSecret" -}}
{{ .Values.adminToken.existingSecret | default (printf "%s-admin-token" (include "canslim.fullname" .)) }}
{{- end -}}

{{- define "canslim.databaseEnv" -}}
- name: CANSLIM_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "canslim.databaseSecret" . | quote }}
      key: {{ include "canslim.databaseKey" . | quote }}
{{- end -}}

{{- define "canslim.redisEnv" -}}
- name: CANSLIM_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "canslim.redisSecret" . | quote }}
      key: {{ include "canslim.redisKey" . | quote }}
{{- end -}}

{{- define "canslim.adminTokenEnv" -}}
- name: CANSLIM_ADMIN_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ include "canslim.adminTokenSecret" . | quote }}
      key: {{ .Values.adminToken.key | quote }}
{{- end -}}

{{/* A map as environment variables, behind others. */}}
{{- define "canslim.env" -}}
{{- range $name, $value := . }}
- name: {{ $name | quote }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Holds a pod back until the schema is as new as its code. */}}
{{- define "canslim.waitForDatabase" -}}
- name: wait-for-database
  image: {{ include "canslim.image" (dict "root" . "image" .Values.images.api) | quote }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  command: [canslim, db, wait]
  env:
    {{- include "canslim.databaseEnv" . | nindent 4 }}
  {{- include "canslim.containerSecurity" . | nindent 2 }}
  resources:
    {{- toYaml .Values.migration.resources | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
{{- end -}}

{{/* The only place that a process of ours may write to. */}}
{{- define "canslim.tmpVolume" -}}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- end -}}

{{/* (dict "port" "metrics"): alive is local, ready is whether it could work now. */}}
{{- define "canslim.probes" -}}
startupProbe:
  httpGet:
    path: /healthz
    port: {{ .port }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ .port }}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{/* (dict "root" $ "component" "api" "values" .Values.api): where the pods of a Deployment run. */}}
{{- define "canslim.scheduling" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .values.topologySpread }}
topologySpreadConstraints:
  {{- range .values.topologySpread }}
  - topologyKey: {{ .topologyKey | quote }}
    maxSkew: {{ int64 .maxSkew }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    # Pods of the revision that a rollout replaces don't count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "canslim.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "values" .Values.api): restarts a pod when its settings change, never blocks a node's autoscaler. */}}
{{- define "canslim.podAnnotations" -}}
{{- $checksum := dict "checksum/settings" (include "canslim.settings" .root | sha256sum) -}}
{{- /* Volumes of a pod's own would keep its node for ever; ours hold nothing of worth, and the pod drains. */ -}}
{{- $evict := dict "cluster-autoscaler.kubernetes.io/safe-to-evict" "true" -}}
{{- include "canslim.strings" (merge $checksum .values.podAnnotations $evict) | trim -}}
{{- end -}}
