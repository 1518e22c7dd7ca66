import { freePort } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { suite } from './peer.ts';
import type { StartPeer } from './peer.ts';

/**
 * nginx as one would set it up for this job: buffers that hold the answers, enough idle upstream connections for every
 * client, no access log. It adds no header and has one route, so it does less than what it is compared with.
 */
export const startNginx: StartPeer = async (lab, upstreamPort) => {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { certFile, keyFile } = lab.certificate();
  const config = lab.write(
    'nginx-peer.conf',
    nginxConfig(
      lab,
      'nginx-peer',
      `
    upstream backend {
      server 127.0.0.1:${upstreamPort};
      keepalive 1024;
      keepalive_requests 1000000;
    }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      listen 127.0.0.1:${tlsPort} ssl backlog=4096;
      ssl_certificate ${certFile};
      ssl_certificate_key ${keyFile};
      ssl_protocols TLSv1.3;
      ssl_conf_command Ciphersuites ${suite};
      ssl_buffer_size 16k;
      location / {
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_buffer_size 16k;
        proxy_buffers 8 64k;
        proxy_busy_buffers_size 128k;
        client_body_buffer_size 16k;
      }
    }`,
    ),
  );
  const args = ['-c', config, '-p', lab.folder, '-e', 'stderr'];
  return lab.start({ name: 'nginx', command: 'nginx', args, port, tlsPort, core: lab.proxyCore });
};

/** A whole nginx.conf around the content of its http block: one worker, foreground, every file in the lab's folder. */
export function nginxConfig({ folder }: Lab, name: string, http: string): string {
  const tempPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/${name}-${kind};\n`)
    .join('');
  // Debian's nginx is started as root and would give its worker away to www-data, who may not read the folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  return `${user}worker_processes 1;
daemon off;
pid ${folder}/${name}.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 300s;
  keepalive_requests 1000000;
${tempPaths}${http}
}
`;
}
