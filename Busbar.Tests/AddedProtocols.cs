using System.Runtime.CompilerServices;
using Busbar.Protocols;
using Busbar.Tests.Protocols.Seventh;

namespace Busbar.Tests;

/// <summary>What stands outside the folder of a protocol that is added: here beside those that are built in, before anything asks for them.</summary>
internal static class AddedProtocols
{
    [ModuleInitializer]
    internal static void Add() => ProtocolTable.Add(SeventhProtocol.Instance, SeventhProtocol.Name);
}
