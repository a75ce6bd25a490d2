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

{{- /* What `aideator` calls in the namespace of the agents. Takes a dict: root, and the options of rbac. */ -}}
{{- define "aideator.rules" -}}
- {apiGroups: [batch], resources: [jobs], verbs: [create, get, list, watch, delete]}
- {apiGroups: [""], resources: [pods], verbs: [list, watch, patch]}
- {apiGroups: [""], resources: [pods/log], verbs: [get]}
- {apiGroups: [""], resources: [configmaps], verbs: [create, get, list, patch, delete]}
{{- if .events }}
- {apiGroups: [""], resources: [events], verbs: [list, watch]}
{{- end }}
{{- if .inspect }}
- {apiGroups: [""], resources: [namespaces, serviceaccounts], verbs: [get]}
- {apiGroups: [""], resources: [resourcequotas, limitranges], verbs: [list]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list]}
{{- end }}
{{- if .manageSecrets }}
- {apiGroups: [""], resources: [secrets], verbs: [create, get, patch, delete]} # a user's own Secret has a name of its own
{{- else if .readSecret }}
- {apiGroups: [""], resources: [secrets], resourceNames: {{ prepend .root.Values.secret.others .root.Values.secret.name | toJson }}, verbs: [get]}
{{- end }}
{{- if .attach }}
- {apiGroups: [""], resources: [pods/attach], verbs: [create, get]}
{{- end }}
{{- if .queues }}
- {apiGroups: [kueue.x-k8s.io], resources: [localqueues], verbs: [get, list]}
- {apiGroups: [kueue.x-k8s.io], resources: [workloads], verbs: [list, watch]}
- {apiGroups: [visibility.kueue.x-k8s.io], resources: [localqueues/pendingworkloads], verbs: [get]}
{{- end }}
{{- end }}

{{- define "aideator.server.name" -}}
{{- include "aideator.name" . }}-server
{{- end }}

{{- define "aideator.server.serviceAccount" -}}
{{- .Values.server.serviceAccount.name | default (include "aideator.server.name" .) }}
{{- end }}

{{- define "aideator.server.publicUrl" -}}
{{- $ingress := .Values.server.ingress }}
{{- if .Values.server.publicUrl }}
{{- .Values.server.publicUrl }}
{{- else if and $ingress.enabled $ingress.host $ingress.tlsSecret }}
{{- printf "https://%s" $ingress.host }}
{{- end }}
{{- end }}

{{- define "aideator.server.selector" -}}
app.kubernetes.io/component: server
aideator.dev/release: {{ .Release.Name | quote }}
{{- end }}

{{- /* The head of an object of the server, which is in the namespace of the release. Takes a list: the root, and the object's name. */ -}}
{{- define "aideator.server.metadata" -}}
{{- $root := index . 0 -}}
metadata:
  name: {{ index . 1 | quote }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    app.kubernetes.io/component: server
    {{- include "aideator.labels" $root | nindent 4 }}
{{- end }}
