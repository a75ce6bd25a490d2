"""The Kubernetes backend. Importing the package loads nothing else: `backend.KubernetesBackend`, `kubeconfig.current_context`."""
