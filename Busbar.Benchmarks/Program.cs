using BenchmarkDotNet.Running;
using Busbar.Benchmarks.Simulation;
using Busbar.Benchmarks.Micro;

if (args is ["fleet"])
{
    FleetSimulation.Run();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(JsonBenchmarks).Assembly).Run(args);
