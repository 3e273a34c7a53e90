package source

// LimitCPU is limitCPU, for a process that a test starts.
var LimitCPU = limitCPU
