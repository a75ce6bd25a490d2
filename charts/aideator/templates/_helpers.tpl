{{- define "aideator.name" -}}
{{- if contains "aideator" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-aideator{{ end }}
{{- end }}

{{- define "aideator.namespace" -}}
{{- .Values.namespace.name | default .Release.Namespace }}
{{- end }}

{{- define "aideator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "aideator.name" .) }}
{{- end }}

{{- define "aideator.agentImage" -}}
{{- .Values.agentImage | default (printf "aideator-agent:%s" .Chart.AppVersion) }}
{{- end }}

{{- define "aideator.labels" -}}
app.kubernetes.io/name: aideator
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: aideator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- /* The head of an object. Takes a list: the root, kind's name, and the object's name. */ -}}
{{- define "aideator.metadata" -}}
{{- $root := index . 0 -}}
metadata:
  name: {{ index . 1 | quote }}
  namespace: {{ include "aideator.namespace" $root | quote }}
  labels:
    {{- include "aideator.labels" $root | nindent 4 }}
{{- end }}

{{- /* The subjects of a RoleBinding. Takes a list: the root, and users or viewers. */ -}}
{{- define "aideator.subjects" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
- kind: {{ .kind }}
  name: {{ .name | quote }}
  {{- if eq .kind "ServiceAccount" }}
  namespace: {{ .namespace | default (include "aideator.namespace" $root) | quote }}
  {{- else }}
  apiGroup: rbac.authorization.k8s.io
  {{- end }}
{{- end }}
{{- end }}
