using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Busbar.Gateway.Server;

/// <summary>Makes the memory of connections. Kestrel takes it from a container of services, and has no public setter for those without one.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>
{
    /// <summary>Lets connections made with <paramref name="options"/> use it.</summary>
    public static void Use(SocketConnectionFactoryOptions options) => Set(options, new BlockPoolFactory());

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void Set(SocketConnectionFactoryOptions options, IMemoryPoolFactory<byte> factory);
}
