"""Tools of servers that speak the Model Context Protocol (MCP), for AIdeator's own loop."""
